package io.github.nettybpf.packet.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long frames wait that the kernel does not take, by made-up times. */
class SendPatienceTest {
    /**
     * Steps, each with the millisecond at which it happens, and whether a frame is tried again: {@code r} for ENOBUFS,
     * {@code q} for the same while frames of the channel's own are queued, {@code s} for a frame that gets out, {@code f}
     * for one that fails otherwise.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    a queue that is full gets a second          | r0+ r1+ r999+ r1000-
                    the second begins with the first failure    | s0 r5000+ r5999+ r6000-
                    then all fail at once until one gets out    | r0+ r1000- r1001- r1002- r1900- r9000-
                    one second for all, and not for each        | r0+ r1000- r1000- r1000- s1000
                    no other one after one in vain              | r0+ r1000- s1001 r1002- s1003 r1004-
                    but while the own frames are queued         | r0+ r1000- s1001 q1002+ q2001+ q2002- s2003 q2004+
                    as long as they are                         | r0+ r1000- s1001 q1002+ q1500+ r1501- s1502
                    a wait that helps restores patience         | r0+ r1000- s1001 q1002+ s1003 r1004+ r2003+ r2004-
                    and so does a minute                        | r0+ r1000- s1001 r60999- s61000 r61001+ r62000+ r62001-
                    a frame that is lost otherwise helps not    | r0+ f1 r2+ r1000- s1001 r1002-
                    nor does one that has not waited            | r0+ r1000- s1001 s1002 r1003-
                    time may be negative                        | r-5+ r994+ r995-
                    """)
    void framesWaitAsLongAsItMayHelp(String rule, String steps) {
        SendPatience patience = new SendPatience();
        StringBuilder seen = new StringBuilder();
        for (String step : steps.split(" ", -1)) {
            String number = step.substring(1).replaceFirst("[-+]$", "");
            long now = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(number));
            seen.append(seen.isEmpty() ? "" : " ").append(step.charAt(0)).append(number);
            switch (step.charAt(0)) {
                case 's' -> patience.sent();
                case 'f' -> patience.failed();
                default -> seen.append(patience.mayRetry(now, step.charAt(0) == 'q') ? "+" : "-");
            }
        }
        assertEquals(steps, seen.toString(), rule);
    }
}
