/**
 * What a {@link io.github.nettybpf.netty.BpfFilterHandler} drops, and why: samples of dropped packets for a {@link
 * io.github.nettybpf.netty.drops.DropListener}, hits by {@link io.github.nettybpf.netty.drops.RuleHits rule}, and what a
 * program that is tried beside another would do ({@link io.github.nettybpf.netty.drops.ShadowStats}).
 */
@NullMarked
package io.github.nettybpf.netty.drops;

import org.jspecify.annotations.NullMarked;
