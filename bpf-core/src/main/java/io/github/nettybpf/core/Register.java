package io.github.nettybpf.core;

/** The two registers of the machine, 32 bits each, both 0 when a program starts. */
public enum Register {
    /** The accumulator. */
    A,
    /** The index register. */
    X
}
