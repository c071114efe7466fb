package io.github.nettybpf.expression.parse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier.Numeral;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Or;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParserTest {
    @Test
    void qualifiersThatAreLeftOutAreFilledIn() {
        Qualifiers qualifiers = new Qualifiers("tcp", Direction.SOURCE, Kind.PORT);
        assertEquals(
                new Or(List.of(
                        new Primitive(qualifiers, new Numeral(80), 14),
                        new Primitive(qualifiers, new Numeral(443), 20))),
                Parser.parse("tcp src port 80 or 443"));
    }

    @Test
    void anEmptyExpressionHasNoTree() {
        assertNull(Parser.parse(" \t\n"));
    }
}
