package io.github.nettybpf.netty.drops;

import io.github.nettybpf.core.Decision;

/**
 * How often a program has decided in one way: see {@code FilterStats.returns}.
 *
 * @param decision the way
 * @param rule what decided, for people: the part of the expression that the program was compiled from and how it came
 *     out, for example {@code dst port 53: no}, or else the instructions ({@link Decision#rule})
 * @param verdict the verdict, unsigned; 0 if it differs from packet to packet
 * @param hits how many packets were decided so, as far as the pipeline has seen
 * @param estimate how many there were, those included that the kernel has dropped; equal to the hits if the kernel
 *     drops none
 * @param standardError by how much the estimate is wrong: it is within twice this number 19 times in 20; 0 if all were
 *     seen
 */
public record RuleHits(Decision decision, String rule, int verdict, long hits, long estimate, long standardError) {}
