/**
 * Man pages, and completion scripts for shells, of any command that picocli describes. Zsh and fish show what an option does
 * while it is completed, so their scripts are not those that picocli makes for bash.
 */
@NullMarked
package io.github.nettybpf.tools.manual;

import org.jspecify.annotations.NullMarked;
