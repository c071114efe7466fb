package io.github.nettybpf.netty.drops;

/** Why a packet was dropped, or how two programs differ about it. */
public enum DropReason {
    /** The program gave verdict 0. */
    PROGRAM("dropped by the program"),
    /** The program asked for what a pipeline does not know of the packet. */
    NOT_KNOWN("dropped because the program reads what is not known here"),
    /** Its source is in the denied set. */
    SOURCE_DENIED("its source is denied"),
    /** Its source is not in the allowed set, or not known. */
    SOURCE_NOT_ALLOWED("its source is not allowed"),
    /** It was kept: the program that is tried beside would have dropped it. */
    SHADOW_DROPS("kept, and the shadow program drops it"),
    /** It was dropped: the program that is tried beside would have kept it. */
    SHADOW_KEEPS("dropped, and the shadow program keeps it"),
    /** It was kept: the program that is tried beside would have kept another number of bytes. */
    SHADOW_CUTS("kept, and the shadow program keeps another number of bytes");

    private final String text;

    DropReason(String text) {
        this.text = text;
    }

    /** {@return the reason for people, for example {@code its source is denied}} */
    public String text() {
        return text;
    }
}
