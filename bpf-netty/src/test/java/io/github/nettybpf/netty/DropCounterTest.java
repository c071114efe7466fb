package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.UnixChannel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;

/** The kernel counts drops in 32 bits. */
class DropCounterTest {
    private final UnixChannel channel = mock(UnixChannel.class);
    private final ChannelConfig config = mock(ChannelConfig.class);
    private final DropCounter counter = new DropCounter(channel);
    private boolean tells = true;
    private int drops;

    @BeforeEach
    void socket() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "socket options of Linux");
        when(channel.isOpen()).thenReturn(true);
        when(channel.config()).thenReturn(config);
        when(config.getOption(ArgumentMatchers.<ChannelOption<ByteBuffer>>any()))
                .thenAnswer(call -> {
                    if (!tells) {
                        throw new ChannelException("no such thing");
                    }
                    return ByteBuffer.allocate(36)
                            .order(ByteOrder.nativeOrder())
                            .putInt(32, drops);
                });
    }

    @Test
    void whatWasDroppedBeforeDoesNotCount() {
        drops = 7;
        counter.start();
        assertEquals(0, counter.count(true));
        drops = 9;
        assertEquals(2, counter.count(true));
        assertEquals(2, counter.count(true));
    }

    @Test
    void theSumGoesOnWhereTheKernelsCountWraps() {
        drops = -3;
        counter.start();
        drops = 4;
        assertEquals(7, counter.count(true));
        drops = 3;
        assertEquals(7 + 0xffff_ffffL, counter.count(true));
    }

    @Test
    void whileAnotherFilterIsAttachedNothingCounts() {
        counter.start();
        drops = 5;
        assertEquals(0, counter.count(false));
        counter.start();
        drops = 6;
        assertEquals(1, counter.count(true));
    }

    @Test
    void aSocketThatDoesNotTellKeepsTheFigure() {
        counter.start();
        drops = 5;
        assertEquals(5, counter.count(true));
        tells = false;
        drops = 9;
        assertEquals(5, counter.count(true));
        tells = true;
        assertEquals(9, counter.count(true));
    }

    @Test
    void theFirstFigureThatIsToldIsTheBase() {
        tells = false;
        counter.start();
        tells = true;
        drops = 5;
        assertEquals(0, counter.count(true));
        drops = 6;
        assertEquals(1, counter.count(true));
    }
}
