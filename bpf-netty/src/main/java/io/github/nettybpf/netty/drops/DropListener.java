package io.github.nettybpf.netty.drops;

/**
 * Takes samples of dropped packets: see {@code BpfFilterHandlerBuilder.sampleDrops}. It is called by one thread at a
 * time, never by an event loop, and may block: samples that come meanwhile and find no room are lost and counted, and no
 * packet waits. Handlers that are given the same listener share its thread and its queue.
 */
@FunctionalInterface
public interface DropListener {
    /**
     * Takes a sample. What this throws is logged once, and further samples are delivered.
     *
     * @param packet the sample, which stays as it is and can be kept
     * @throws Exception if the sample cannot be taken
     */
    void dropped(DroppedPacket packet) throws Exception;
}
