package io.github.nettybpf.netty.source;

import java.util.Arrays;

/**
 * The sources of dropped packets, in the order of arrival: every one at first, and every second, fourth … of them when
 * there is no more room. Filled by one event loop, which then hands it over.
 */
public final class SourceSamples {
    private static final int MOST = 16_384;

    private long[] highs = new long[256];
    private long[] lows = new long[256];
    private int size;
    private int stride = 1;
    private int skipped;

    /** Adds a source, or skips it. */
    void add(Source source) {
        if (++skipped < stride) {
            return;
        }
        skipped = 0;
        if (size == MOST) {
            thin();
        } else if (size == highs.length) {
            highs = Arrays.copyOf(highs, 2 * size);
            lows = Arrays.copyOf(lows, 2 * size);
        }
        highs[size] = source.high();
        lows[size++] = source.low();
    }

    private void thin() {
        for (int i = 0; i < MOST / 2; i++) {
            highs[i] = highs[2 * i + 1];
            lows[i] = lows[2 * i + 1];
        }
        size = MOST / 2;
        stride *= 2;
    }

    int size() {
        return size;
    }

    /** {@return how many packets each sample stands for} */
    int stride() {
        return stride;
    }

    long high(int sample) {
        return highs[sample];
    }

    long low(int sample) {
        return lows[sample];
    }

    /** Begins anew. */
    void clear() {
        size = 0;
        stride = 1;
        skipped = 0;
    }
}
