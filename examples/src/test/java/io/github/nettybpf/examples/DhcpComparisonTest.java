package io.github.nettybpf.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.nettybpf.examples.Namespaces.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cases of dhcp-cases.txt, sent to DhcpServer, and to dnsmasq and ISC's dhcpd: there is no message that both of them
 * answer and DhcpServer does not.
 */
class DhcpComparisonTest {
    /** What is not meant to be answered. */
    private static final String LEFT_OUT = "through a relay";

    private static final String DHCPD = """
            authoritative;
            ping-check false;
            ddns-update-style none;
            default-lease-time 3600;
            subnet 10.0.0.0 netmask 255.255.255.0 {
              range 10.0.0.10 10.0.0.250;
            }
            """;

    @TempDir
    Path folder;

    /** {@return namespaces whose kernel needs no ARP to send to a client} */
    private Namespaces namespaces(String... tools) throws IOException, InterruptedException {
        Namespaces namespaces = Namespaces.make(tools);
        StringBuilder batch = new StringBuilder();
        for (int host = 2; host < 255; host++) {
            batch.append("neighbour add 10.0.0.").append(host).append(" lladdr 02:00:00:00:00:01 dev v0\n");
        }
        Path file = Files.writeString(folder.resolve("neighbours"), batch);
        namespaces.run(Namespaces.SERVER, "ip -batch " + file);
        return namespaces;
    }

    private static Program server(Namespaces namespaces) throws IOException, InterruptedException {
        return namespaces.example(
                Namespaces.SERVER,
                DhcpServer.class,
                "-i",
                "v0",
                "--address",
                "10.0.0.1/24",
                "--pool",
                "10.0.0.10-10.0.0.250");
    }

    private Program dnsmasq(Namespaces namespaces) throws IOException, InterruptedException {
        Program program = namespaces.start(
                Namespaces.SERVER,
                "dnsmasq",
                // Debug mode: it cannot change its user and group in a namespace that has one of each.
                "--no-daemon",
                "--log-facility=-",
                "--conf-file=/dev/null",
                "--no-resolv",
                "--no-hosts",
                "--port=0",
                "--no-ping",
                "--interface=v0",
                "--bind-interfaces",
                "--dhcp-range=10.0.0.10,10.0.0.250,1h",
                "--dhcp-leasefile=" + folder.resolve("dnsmasq.leases"));
        program.awaitMatch(".*DHCP, sockets bound exclusively to interface v0");
        return program;
    }

    private Program dhcpd(Namespaces namespaces) throws IOException, InterruptedException {
        Path settings = Files.writeString(folder.resolve("dhcpd.conf"), DHCPD);
        Path leases = Files.writeString(folder.resolve("dhcpd.leases"), "");
        Program program = namespaces.start(
                Namespaces.SERVER,
                "dhcpd",
                "-4",
                "-d",
                "-f",
                "--no-pid",
                "-cf",
                settings.toString(),
                "-lf",
                leases.toString(),
                "v0");
        program.await("Server starting service.");
        return program;
    }

    private static Map<String, String> answers(Program client) throws InterruptedException {
        client.end(0);
        Map<String, String> answers = new LinkedHashMap<>();
        for (String line : client.lines()) {
            if (line.startsWith("= ")) {
                String[] columns = line.substring(2).split(" \\| ", -1);
                answers.put(columns[0], columns[1]);
            }
        }
        return answers;
    }

    @Test
    void everyCaseHasItsAnswer() throws Exception {
        try (Namespaces namespaces = namespaces()) {
            server(namespaces);
            Map<String, String> expected = new LinkedHashMap<>();
            DhcpCase.all().forEach(each -> expected.put(each.rule(), each.answers()));
            assertEquals(text(expected), text(answers(namespaces.java(Namespaces.CLIENT, DhcpCases.class))));
        }
    }

    private static String text(Map<String, String> answers) {
        StringBuilder text = new StringBuilder();
        answers.forEach(
                (rule, answer) -> text.append(rule).append(": ").append(answer).append('\n'));
        return text.toString();
    }

    @Test
    void answersWhatDnsmasqAndDhcpdAnswer() throws Exception {
        try (Namespaces first = namespaces("dnsmasq");
                Namespaces second = namespaces("dhcpd")) {
            dnsmasq(first);
            dhcpd(second);
            Program firstClient = first.java(Namespaces.CLIENT, DhcpCases.class);
            Program secondClient = second.java(Namespaces.CLIENT, DhcpCases.class);
            Map<String, String> dnsmasq = answers(firstClient);
            Map<String, String> dhcpd = answers(secondClient);
            List<String> silent = new ArrayList<>();
            for (DhcpCase each : DhcpCase.all()) {
                String line = String.format(
                        "%-50s %-30s %-30s %s",
                        each.rule(), each.answers(), dnsmasq.get(each.rule()), dhcpd.get(each.rule()));
                String[] ours = each.answers().split(", ", -1);
                String[] dnsmasqs = dnsmasq.get(each.rule()).split(", ", -1);
                String[] dhcpds = dhcpd.get(each.rule()).split(", ", -1);
                for (int i = 0; i < ours.length; i++) {
                    if (ours[i].equals("-") && !dnsmasqs[i].equals("-") && !dhcpds[i].equals("-")) {
                        silent.add(line);
                    }
                }
            }
            silent.removeIf(line -> line.startsWith(LEFT_OUT));
            assertEquals(List.of(), silent);
        }
    }
}
