/**
 * The notations of a program. {@code Detection} tells them apart; {@code Assembler} reads bpf_asm text,
 * {@code Listing} the listings of tcpdump, {@code NumberRows} groups of four numbers, {@code Initialisers} the syntax of
 * programming languages, and {@code HexText} bytes; {@code Disassembler} and {@code NumericWriter} write. Each reader
 * understands all of a text or refuses it. Not exported: {@link io.github.nettybpf.core.Program} and
 * {@link io.github.nettybpf.core.ProgramFormat} are the way in.
 */
@NullMarked
package io.github.nettybpf.core.text;

import org.jspecify.annotations.NullMarked;
