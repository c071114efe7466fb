/**
 * The classic BPF machine, exact to the Linux kernel.
 *
 * <p>A program reads one packet and returns a number, its verdict. Verdict 0 drops the packet; any other verdict is the
 * number of bytes to keep. The machine that runs it has two registers, {@code A} and {@code X}, and sixteen scratch
 * slots, {@code M[0]} to {@code M[15]}, all of 32 bits and unsigned. It can load bytes of the packet into A
 * (big-endian), compute, compare and jump forwards. Jumps never go backwards, so every program ends.
 *
 * <p>This program keeps ARP and drops the rest of what an Ethernet interface receives:
 *
 * <pre>
 *       ldh [12]              ; A &lt;- the two bytes at offset 12: the EtherType
 *       jneq #0x806, drop     ; not ARP?
 *       ret #4294967295       ; keep all of the packet
 * drop: ret #0                ; keep nothing
 * </pre>
 *
 * <p>In Java:
 *
 * <pre>{@code
 * Program arp = Program.parse("ldh [12]; A <- EtherType\n jneq #0x806, drop\n ret #4294967295\n drop: ret #0");
 * Filter filter = Filter.of(arp);
 * int verdict = filter.run(Packet.of(frame));
 * }</pre>
 *
 * <p>The same program can be written as {@link io.github.nettybpf.core.Instruction} records, read in any
 * {@link io.github.nettybpf.core.ProgramFormat}, or read from a socket. Every {@link io.github.nettybpf.core.Program}
 * is verified: the kernel accepts it, and running it never throws. A load outside the packet is not an error: the
 * verdict is 0. What offset 0 is depends on where the program runs; {@link io.github.nettybpf.core.Placement} lists it.
 *
 * <p>Everything here is immutable and can be used by any number of threads, unless its documentation says otherwise.
 */
@NullMarked
package io.github.nettybpf.core;

import org.jspecify.annotations.NullMarked;
