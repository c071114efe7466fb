/**
 * Programs that are made of others: {@code LabeledCode} is instructions that jump to labels, {@code GuardedProgram} a
 * user's program in the middle of such code, whose ends lead on instead of ending it, {@code PredicateForm} a program
 * that drops the same packets as another and cuts none, and {@code UdpRelocation} one that counts from the UDP header
 * instead of the payload.
 */
@NullMarked
package io.github.nettybpf.netty.code;

import org.jspecify.annotations.NullMarked;
