package io.github.nettybpf.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class FilterBypassTest {
    private final ChannelHandlerContext ctx = mock(ChannelHandlerContext.class);
    private int counted;

    private final FilterBypass bypass = new FilterBypass(ctx, () -> counted++);

    @Test
    void onlyAnOpenWayOfTheFirstHandlerIsTaken() {
        assertFalse(bypass.pass(ctx, "one"));
        bypass.setOpen(true);
        assertFalse(bypass.pass(mock(ChannelHandlerContext.class), "one"));
        assertFalse(bypass.pass(null, "one"));
        verify(ctx, never()).fireChannelRead("one");
        assertTrue(bypass.pass(ctx, "one"));
        verify(ctx).fireChannelRead("one");
        bypass.setOpen(false);
        assertFalse(bypass.pass(ctx, "two"));
        assertEquals(1, counted);
    }

    @Test
    void anExecutorThatTakesNoMoreIsNoFailureOfTheChannel() {
        RejectedExecutionException full = new RejectedExecutionException("full");
        when(ctx.fireChannelRead("one")).thenThrow(full);
        bypass.setOpen(true);
        assertTrue(bypass.pass(ctx, "one"));
        verify(ctx).fireExceptionCaught(full);
    }
}
