package io.github.nettybpf.expression;

import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes lists of addresses, ports and conversations, in the ways that people and their scripts write them. */
enum RandomLists {
    HOSTS("host A or B or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return (i == 0 ? "host " : "") + host(random);
        }
    },
    SOURCE_AND_DESTINATION("src host A or dst host A or src host B or ...", " or ") {
        @Override
        String element(Random random, int i) {
            String host = host(random);
            return "src host " + host + " or dst host " + host;
        }
    },
    SOURCE_OR_DESTINATION("src host A or dst host B or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return (random.nextBoolean() ? "src host " : "dst host ") + host(random);
        }
    },
    EXCLUDED_HOSTS("not host A and not dst host B and ...", " and ") {
        @Override
        String element(Random random, int i) {
            return (random.nextBoolean() ? "not host " : "not dst host ") + host(random);
        }
    },
    NETS("src net A/n or net B/n or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return (random.nextBoolean() ? "src net " : "net ") + net(random);
        }
    },
    MIXED_HOSTS("host A4 or host B6 or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "host " + (random.nextBoolean() ? host(random) : host6(random));
        }
    },
    PORTS("port A or tcp port B or portrange C-D or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return any(random, "", "tcp ", "udp ")
                    + any(random, "", "src ", "dst ")
                    + (random.nextInt(4) == 0
                            ? "portrange " + port(random) + "-" + port(random)
                            : "port " + port(random));
        }
    },
    EXCLUDED_PORTS("not port A and not udp port B and ...", " and ") {
        @Override
        String element(Random random, int i) {
            return "not " + any(random, "", "tcp ", "udp ") + "port " + port(random);
        }
    },
    HARDWARE("ether host A or ether src B or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return any(random, "ether host ", "ether src ", "ether dst ")
                    + String.format(
                            "02:00:%x:%x:%x:%x",
                            random.nextInt(2), random.nextInt(4), random.nextInt(256), random.nextInt(256));
        }
    },
    CONVERSATIONS("(host A and host B) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(host " + host(random) + " and host " + host(random) + ")";
        }
    },
    WITH_SERVER("(host SERVER and host B) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(host 10.9.8." + random.nextInt(4) + " and host " + host(random) + ")";
        }
    },
    DIRECTED("(src host A and dst host B) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(src host " + host(random) + " and dst host " + host(random) + ")";
        }
    },
    EXCLUDED_CONVERSATIONS("not (host A and host B and port P) and ...", " and ") {
        @Override
        String element(Random random, int i) {
            return "not (host " + host(random) + " and host " + host(random) + " and port " + port(random) + ")";
        }
    },
    TRANSPORT_CONVERSATIONS("(tcp and host A and host B and port P and port Q) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(" + any(random, "tcp", "udp") + " and host " + host(random) + " and host " + host(random)
                    + " and port " + port(random) + " and port " + port(random) + ")";
        }
    },
    FLOWS("(src host A and dst host B and tcp src port P and tcp dst port Q) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(src host " + host(random) + " and dst host " + host(random) + " and tcp src port " + port(random)
                    + " and tcp dst port " + port(random) + ")";
        }
    },
    SERVICES("(dst host A and tcp dst port P) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(dst host " + host(random) + " and " + any(random, "tcp ", "udp ") + "dst port "
                    + any(random, "22", "53", "80", "443", "8080", port(random)) + ")";
        }
    },
    HOSTS_AND_PORTS("(host A and port P) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(host " + host(random) + " and port " + port(random) + ")";
        }
    },
    NETS_AND_HOSTS("(src net A/n and dst host B) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(src net " + net(random) + " and dst host " + host(random) + ")";
        }
    },
    CONVERSATIONS6("(host A6 and host B6) or ...", " or ") {
        @Override
        String element(Random random, int i) {
            return "(host " + host6(random) + " and host " + host6(random) + ")";
        }
    },
    ALTERNATING_EXCLUSIONS("not host A and not port P and not net B/n and ...", " and ") {
        @Override
        String element(Random random, int i) {
            return switch (random.nextInt(3)) {
                case 0 -> "not host " + host(random);
                case 1 -> "not port " + port(random);
                default -> "not net " + net(random);
            };
        }
    };

    private final String shown;
    private final String operator;

    RandomLists(String shown, String operator) {
        this.shown = shown;
        this.operator = operator;
    }

    abstract String element(Random random, int i);

    /** {@return a list of so many elements} */
    String list(Random random, int size) {
        return IntStream.range(0, size).mapToObj(i -> element(random, i)).collect(Collectors.joining(operator));
    }

    /** {@return the form of the list, for people} */
    String shown() {
        return shown;
    }

    static String any(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    static String port(Random random) {
        return Integer.toString(random.nextInt(65536));
    }

    static String host(Random random) {
        return (random.nextBoolean() ? "10" : 1 + random.nextInt(223) + "") + "." + random.nextInt(256) + "."
                + random.nextInt(256) + "." + random.nextInt(256);
    }

    static String net(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> 1 + random.nextInt(223) + "." + random.nextInt(256) + ".0.0/16";
            case 1 -> "10." + random.nextInt(256) + "." + random.nextInt(256) + ".0/24";
            default -> "172.16." + random.nextInt(256) + "." + 8 * random.nextInt(32) + "/29";
        };
    }

    static String host6(Random random) {
        return random.nextBoolean()
                ? String.format("2001:db8::%x", 1 + random.nextInt(65535))
                : String.format(
                        "2001:db8:%x:%x::%x", random.nextInt(16), random.nextInt(65536), 1 + random.nextInt(99));
    }
}
