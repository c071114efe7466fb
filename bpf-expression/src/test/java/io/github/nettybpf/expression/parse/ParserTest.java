package io.github.nettybpf.expression.parse;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.nettybpf.expression.parse.Expression.Direction;
import io.github.nettybpf.expression.parse.Expression.Identifier.Numeral;
import io.github.nettybpf.expression.parse.Expression.Kind;
import io.github.nettybpf.expression.parse.Expression.Or;
import io.github.nettybpf.expression.parse.Expression.Primitive;
import io.github.nettybpf.expression.parse.Expression.Qualifiers;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** Parentheses around a chain of the same operator make no difference, all others do. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    ip and (tcp and len = 1)         | and(3)
                    (ip and tcp) and len = 1         | and(3)
                    ip and (tcp and (ip and tcp))    | and(4)
                    ip or (tcp or ip) or (tcp or ip) | or(5)
                    ip and (tcp or (ip or tcp))      | and(2, or(3))
                    ip or (tcp and (ip and tcp))     | or(2, and(3))
                    ip and tcp or ip and tcp         | and(2, or(2, and(2)))
                    not (ip and (tcp and ip)) or tcp | or(2, not(1, and(3)))
                    not (not (ip or (ip or tcp)))    | not(1, not(1, or(3)))
                    not (not ip)                     | not(1, not(1))
                    ((ip))                           | 1
                    """)
    void aChainIsOneNode(String text, String shape) {
        assertEquals(shape, shape(requireNonNull(Parser.parse(text))));
    }

    private static String shape(Expression expression) {
        if (expression instanceof Expression.And and) {
            return shape("and", and.terms());
        }
        if (expression instanceof Or or) {
            return shape("or", or.terms());
        }
        return expression instanceof Expression.Not not ? shape("not", List.of(not.term())) : "1";
    }

    private static String shape(String name, List<Expression> terms) {
        String nested = terms.stream()
                .map(ParserTest::shape)
                .filter(shape -> !shape.equals("1"))
                .collect(Collectors.joining(", "));
        return name + "(" + terms.size() + (nested.isEmpty() ? "" : ", " + nested) + ")";
    }

    @Test
    void anEmptyExpressionHasNoTree() {
        assertNull(Parser.parse(" \t\n"));
    }

    /** The terms of an expression, with semicolons between them. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    tcp src port 80 or 443                  | tcp src port 80; tcp src port 443
                    port not 80 and not 443                 | port 80; port 443
                    port (80 or (443 or not (0x50)))        | port 80; port 443; port 0x50
                    port 80 and (tcp or (ip)) and 443       | port 80; tcp; ip; port 443
                    port 80 or ((443))                      | port 80; port 443
                    tcp port 80 or 443 or (dst 10 or 11)    | tcp port 80; tcp port 443; dst 10; dst 11
                    src or dst net 10.0.0.0 / 8 or @a-b     | src or dst net 10.0.0.0 / 8; src or dst net @a-b
                    net 10.0.0.0 mask 255.0.0.0 or ::1/128  | net 10.0.0.0 mask 255.0.0.0; net ::1/128
                    !ip proto \\tcp &&len=3                 | ip proto \\tcp; len=3
                    ((ip[0]&15)!=5 or 7 < (len))            | (ip[0]&15)!=5; 7 < (len)
                    (((len + 1) * 2) > 9) and -len < 7      | ((len + 1) * 2) > 9; -len < 7
                    vlan (5) and mpls or byte 3 = 7         | vlan (5); mpls; byte 3 = 7
                    ip broadcast and llc ui and less 9      | ip broadcast; llc ui; less 9
                    type mgt subtype beacon or wlan ta ::   | type mgt subtype beacon; wlan ta ::
                    decnet src 1.2 or host a-b.example      | decnet src 1.2; host a-b.example
                    "port\n\t 80 or\r\n 443 "               | port 80; port 443
                    ""                                      | ""
                    """)
    void termsAreAsTheyAreWritten(String text, String terms) {
        assertEquals(terms, String.join("; ", Parser.terms(text)));
    }
}
