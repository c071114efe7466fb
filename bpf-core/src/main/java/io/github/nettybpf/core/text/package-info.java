/**
 * The notations of a program: {@code Assembler} reads bpf_asm text, {@code Disassembler} writes it and the listings of
 * tcpdump, {@code Listing} reads those, and {@code NumericText} reads and writes the numbers of
 * {@code struct sock_filter}. Not exported: {@link io.github.nettybpf.core.Program} and
 * {@link io.github.nettybpf.core.ProgramFormat} are the way in.
 */
@NullMarked
package io.github.nettybpf.core.text;

import org.jspecify.annotations.NullMarked;
