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
