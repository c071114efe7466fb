package io.github.nettybpf.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.nettybpf.core.Instruction.ReturnA;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramFormatTest {
    private static final Program ARP = Program.parse("ldh [12]\njne #0x806, drop\nret #4294967295\ndrop: ret #0");

    @Test
    void bytecode() {
        assertEquals("4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 0,\n", ProgramFormat.BYTECODE.write(ARP));
    }

    @Test
    void initialisersAsBpfAsmPrintsThem() {
        assertEquals("""
                { 0x28,  0,  0, 0x0000000c },
                { 0x15,  0,  1, 0x00000806 },
                { 0x06,  0,  0, 0xffffffff },
                { 0x06,  0,  0, 0000000000 },
                """, ProgramFormat.C.write(ARP));
    }

    @Test
    void countedLines() {
        assertEquals("4\n40 0 0 12\n21 0 1 2054\n6 0 0 4294967295\n6 0 0 0\n", ProgramFormat.DDD.write(ARP));
    }

    @Test
    void hexadecimalInTheByteOrderOfTheMachine() {
        String little =
                "28000000" + "0c000000\n" + "15000001" + "06080000\n" + "06000000ffffffff\n" + "0600000000000000\n";
        String big =
                "00280000" + "0000000c\n" + "00150001" + "00000806\n" + "00060000ffffffff\n" + "0006000000000000\n";
        assertEquals(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? little : big, ProgramFormat.HEX.write(ARP));
        assertEquals(ARP, ProgramFormat.readAny(ProgramFormat.HEX.write(ARP).replace("\n", "")));
    }

    @Test
    void assemblyNamesTheTargetsThatAreNotNext() {
        assertEquals("""
                    ldh [12]
                    jneq #0x806, l3
                    ret #4294967295
                l3: ret #0
                """, ProgramFormat.ASM.write(ARP));
        assertEquals(
                """
                     ldxb 4*([14]&0xf)
                     ldb [x + 3]
                     jset #0x1, l3, l12
                l3:  jgt x, l12
                     jle #0x5, l12
                     jeq #0x7, l6
                l6:  jeq x, l8, l9
                     tax
                l8:  ja l12
                l9:  ld #xor_x
                     ldx #len
                     ldb #proto
                l12: ret a
                """,
                Program.ofRaw(ProgramTest.raw(
                                "177 0 0 14,80 0 0 3,69 0 9 1,45 8 0 0,37 0 7 5,21 0 0 7,29 1 2 0,7 0 0 0,"
                                        + "5 0 0 3,32 0 0 4294963240,129 0 0 0,48 0 0 4294963200,22 0 0 0"))
                        .toString());
    }

    /** Printed by tcpdump 4.99 with libpcap 1.10, for: vlan and port 22 and ip[ip[0]:1] == ip[4], and more. */
    private static final String LISTING = """
            (000) ldb      [vlanp]
            (001) jeq      #0x1             jt 6\tjf 2
            (002) ld       #pktlen
            (003) jgt      #0x5             jt 4\tjf 6
            (004) ldxb     4*([14]&0xf)
            (005) ldh      [x + 14]
            (006) st       M[7]
            (007) tax     \s
            (008) ldx      M[7]
            (009) ld       [ifidx]
            (010) ldh      [type]
            (011) jeq      x                jt 12\tjf 14
            (012) and      #0xf
            (013) ja       15
            (014) ret      #262144
            (015) ret      #0
            """;

    @Test
    void listingsAreReadAndWrittenAsTcpdumpDoes() {
        Program program = ProgramFormat.readAny(LISTING);
        assertEquals(
                "16,48 0 0 4294963248,21 4 0 1,128 0 0 0,37 0 2 5,177 0 0 14,72 0 0 14,2 0 0 7,7 0 0 0,97 0 0 7,"
                        + "32 0 0 4294963208,40 0 0 4294963204,29 0 2 0,84 0 0 15,5 0 0 1,6 0 0 262144,6 0 0 0,\n",
                ProgramFormat.BYTECODE.write(program));
        assertEquals(LISTING, ProgramFormat.LISTING.write(program));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4,40 0 0 12,21 0 1 2054,6 0 0 4294967295,6 0 0 0",
                " 4 , 40 0 0 12, 21 0 1 2054 ,6 0 0 4294967295,6 0 0 0,\n\n",
                "4\n40 0 0 12\n21 0 1 2054\n6 0 0 4294967295\n6 0 0 0",
                "4\r\n40 0 0 12\r\n21 0 1 2054\r\n6 0 0 4294967295\r\n6 0 0 0\r\n",
                "{ 0x28, 0, 0, 0x0000000c },\n{ 0x15, 0, 1, 0x00000806 },\n{ 0x6, 0, 0, 0xffffffffU },{ 6, 00, 0, 0 }",
                "\n4\n40 0 0 12\n21 0 1 2054\n6 0 0 4294967295\n6 0 0 0",
                "{ 40, 0, 0, 12, }, { 21, 0, 1, 2054, }, { 6, 0, 0, 0xffffffff }, { 6, 0, 0, 0 }",
                "/* { */ struct sock_filter arp[] = { // {\n {40,0,0,12}, {21,0,1,2054}, {6,0,0,0xFFFFFFFFUL}, {6,0,0,0}, };",
                "ldh [12]\njne #0x806, drop ; { not C\nret #-1\ndrop: ret #0"
            })
    void theNotationIsRecognised(String text) {
        assertEquals(ARP, ProgramFormat.readAny(text));
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "format-errors.txt", delimiter = '|')
    void refuses(String name, String text, String message) {
        AssemblyException e =
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny(text.replace('⏎', '\n')), name);
        assertEquals(message, e.getMessage());
    }

    @Test
    void retAIsABareRetInListings() {
        assertEquals("(000) ret      \n", ProgramFormat.LISTING.write(Program.of(new ReturnA())));
        assertEquals(Program.of(new ReturnA()), ProgramFormat.readAny("(000) ret      \n"));
    }

    @Test
    void whatIsNoProgramCanBeWrittenToo() {
        String text = ProgramFormat.ASM.write(java.util.List.of(RawInstruction.of(5, 0x80000000)));
        assertEquals("ja l2147483649", text.strip());
        assertEquals("(000) ja       0\n", ProgramFormat.LISTING.write(java.util.List.of(RawInstruction.of(5, -1))));
    }

    /** Reading each of these texts once took minutes. */
    @ParameterizedTest
    @ValueSource(strings = {"/* ", "// {\n", "\n", " ", ",", "{ 1 ", "(000) ld", "#", "'", "0", "é"})
    void largeJunkIsRefusedInLinearTime(String piece) {
        Growth.assertNearlyLinear(piece, 1 << 18, size -> {
            String junk = piece.repeat(size / piece.length());
            return () -> {
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny(junk));
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny("1,6 0 0 0" + junk + "\nx"));
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny("1\n6 0 0 0\n" + junk + "\nx"));
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny("{ 6" + junk + "\n2 }"));
                assertThrows(
                        AssemblyException.class,
                        () -> ProgramFormat.readAny("(000) ld" + junk + "a" + junk + "\u2028x"));
            };
        });
    }

    @Test
    void aCountOf4097IsRefused() {
        assertEquals(
                "line 1, column 32774: instruction number 4097 (expected: at most 4096)",
                assertThrows(AssemblyException.class, () -> ProgramFormat.readAny("4097," + "6 0 0 0,".repeat(4097)))
                        .getMessage());
    }
}
