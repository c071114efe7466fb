/**
 * The first pass: text to syntax tree. {@code Lexer} makes tokens of the text; {@link
 * io.github.nettybpf.expression.parse.Parser}, with a parser each for qualifiers, identifiers and arithmetic, makes an
 * {@link io.github.nettybpf.expression.parse.Expression} of the tokens. The tree says what was written; whether it
 * makes sense for a link type is for the next pass to say.
 */
@NullMarked
package io.github.nettybpf.expression.parse;

import org.jspecify.annotations.NullMarked;
