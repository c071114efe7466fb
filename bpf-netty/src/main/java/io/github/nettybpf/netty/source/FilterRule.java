package io.github.nettybpf.netty.source;

import io.github.nettybpf.core.Program;

/**
 * What packets are judged by: the sources first, then the program.
 *
 * @param program the program
 * @param sources which sources are wanted
 */
public record FilterRule(Program program, SourceRule sources) {}
