package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Conversations with a server at 10.0.0.1/24 that has 10.0.0.10 to 10.0.0.12 for 60 s each: see dhcp-conversations.txt.
 * Each message is followed by the answer, or by {@code -} and the reason why there is none.
 */
class DhcpResponderTest {
    private static final Pattern SOURCE = Pattern.compile("source=(\\S+)");

    static DhcpSettings settings() {
        return settings(60);
    }

    static DhcpSettings settings(int leaseSeconds) {
        return new DhcpSettings(
                DhcpSettings.Network.parse("10.0.0.1/24"),
                DhcpSettings.Range.parse("10.0.0.10-10.0.0.12"),
                leaseSeconds,
                List.of(),
                List.of(),
                "");
    }

    static DhcpResponder responder(DhcpSettings settings, LongSupplier clock) {
        return new DhcpResponder(settings, new DhcpPool(settings.pool(), clock), new DhcpLeases(null, clock));
    }

    /**
     * {@return a client's message from its text: the type, the last digit of the client, and fields of the form
     * name=value}
     */
    static DhcpMessage message(String text) {
        String[] words = text.split(" ");
        DhcpOptions options = new DhcpOptions();
        if (!words[0].equals("BOOTREQUEST")) {
            options.put(DhcpType.valueOf(words[0]));
        }
        Chaddr client = Chaddr.of(new Mac(0x0200_0000_0000L + Long.parseLong(words[1])));
        int op = 1;
        int flags = 0;
        Ip4 ciaddr = Ip4.ANY;
        Ip4 giaddr = Ip4.ANY;
        for (String field : List.of(words).subList(2, words.length)) {
            String value = field.substring(field.indexOf('=') + 1);
            switch (field.substring(0, field.length() - value.length())) {
                case "requested=" -> options.put(DhcpOptions.REQUESTED_ADDRESS, Ip4.parse(value));
                case "server=" -> options.put(DhcpOptions.SERVER_ID, Ip4.parse(value));
                case "lease=" -> options.putInt(DhcpOptions.LEASE_TIME, Integer.parseUnsignedInt(value));
                case "hostname=" -> options.put(DhcpOptions.HOST_NAME, value);
                case "id=" -> options.put(DhcpOptions.CLIENT_ID, HexFormat.of().parseHex(value));
                case "idlength=" -> options.put(DhcpOptions.CLIENT_ID, new byte[Integer.parseInt(value)]);
                case "ciaddr=" -> ciaddr = Ip4.parse(value);
                case "giaddr=" -> giaddr = Ip4.parse(value);
                case "mac=" -> client = Chaddr.of(new Mac(Long.parseLong(value, 16)));
                case "hardware=" -> client = Chaddr.parse(value);
                case "relayed=" ->
                    options.put(DhcpOptions.RELAY_AGENT, HexFormat.of().parseHex(value));
                case "source=" -> {}
                case "flags=" -> flags = Integer.parseInt(value, 16);
                case "op=" -> op = Integer.parseInt(value);
                default -> {
                    if (!field.equals("unicast")) {
                        throw new IllegalArgumentException(field);
                    }
                }
            }
        }
        return new DhcpMessage(op, client, 0x1234, flags, ciaddr, Ip4.ANY, giaddr, options);
    }

    static Stream<List<String>> conversations() throws IOException {
        List<List<String>> conversations = new ArrayList<>();
        for (String line :
                Files.readAllLines(Path.of("src/test/resources/io/github/nettybpf/examples/dhcp-conversations.txt"))) {
            if (line.startsWith("== ")) {
                conversations.add(new ArrayList<>(List.of(line)));
            } else if (!line.isBlank() && !line.startsWith("#")) {
                conversations.get(conversations.size() - 1).add(line);
            }
        }
        return conversations.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("conversations")
    void answers(List<String> conversation) {
        AtomicLong now = new AtomicLong();
        DhcpResponder responder = responder(settings(conversation.get(0).endsWith("of an hour") ? 3600 : 60), now::get);
        List<String> actual = new ArrayList<>();
        for (String line : conversation) {
            if (line.startsWith("  ")) {
                continue;
            }
            actual.add(line);
            if (line.startsWith("+")) {
                now.addAndGet(Math.round(Double.parseDouble(line.substring(1)) * 1000));
            } else if (!line.startsWith("==")) {
                DhcpMessage message = message(line);
                Matcher source = SOURCE.matcher(line);
                DhcpResponder.Answer answer = responder.answer(
                        message, source.find() ? Ip4.parse(source.group(1)) : Ip4.ANY, !line.endsWith(" unicast"));
                String start = message + ": ";
                assertEquals(start, answer.line().substring(0, start.length()));
                actual.add("  "
                        + answer.reply()
                                .map(reply -> reply + ", to " + reply.destination())
                                .orElse("- " + answer.line().substring(start.length())));
                answer.reply().ifPresent(reply -> {
                    assertEquals(0x1234, reply.xid());
                    assertEquals(message.flags(), reply.flags());
                    assertEquals(message.client(), reply.client());
                    assertEquals(
                            HexFormat.of().formatHex(message.options().bytes(82).orElse(new byte[0])),
                            HexFormat.of().formatHex(reply.options().bytes(82).orElse(new byte[0])));
                });
            }
        }
        assertEquals(String.join("\n", conversation), String.join("\n", actual));
    }
}
