package io.github.nettybpf.expression.parse;

import java.util.HashMap;
import java.util.Map;

/** The types, subtypes and directions of IEEE 802.11 frames: values of the two bytes of the frame control field. */
final class WirelessNames {
    /** The bits of the type in the first byte. */
    static final int TYPE = 0x0c;

    /** The bits of the subtype in the first byte. */
    static final int SUBTYPE = 0xf0;

    /** The bits of the direction in the second byte. */
    static final int DIRECTION = 0x03;

    static final Map<String, Integer> TYPES =
            Map.of("mgt", 0x00, "management", 0x00, "ctl", 0x04, "control", 0x04, "data", 0x08);

    static final Map<String, Integer> DIRECTIONS = Map.of("nods", 0, "tods", 1, "fromds", 2, "dstods", 3);

    /** Subtypes and types together. */
    static final Map<String, Integer> SUBTYPES = subtypes();

    private WirelessNames() {}

    private static Map<String, Integer> subtypes() {
        Map<String, Integer> names = new HashMap<>();
        String[] management = {
            "assocreq assoc-req",
            "assocresp assoc-resp",
            "reassocreq reassoc-req",
            "reassocresp reassoc-resp",
            "probereq probe-req",
            "proberesp probe-resp",
            "",
            "",
            "beacon",
            "atim",
            "disassoc disassociation",
            "auth authentication",
            "deauth deauthentication"
        };
        String[] control = {
            "", "", "", "", "", "", "", "", "", "", "ps-poll", "rts", "cts", "ack", "cf-end", "cf-end-ack"
        };
        String[] data = {
            "data",
            "data-cf-ack",
            "data-cf-poll",
            "data-cf-ack-poll",
            "null",
            "cf-ack",
            "cf-poll",
            "cf-ack-poll",
            "qos-data",
            "qos-data-cf-ack",
            "qos-data-cf-poll",
            "qos-data-cf-ack-poll",
            "qos",
            "",
            "qos-cf-poll",
            "qos-cf-ack-poll"
        };
        add(names, 0x00, management);
        add(names, 0x04, control);
        add(names, 0x08, data);
        return Map.copyOf(names);
    }

    private static void add(Map<String, Integer> names, int type, String[] subtypes) {
        for (int i = 0; i < subtypes.length; i++) {
            for (String name : subtypes[i].split(" ", -1)) {
                if (!name.isEmpty()) {
                    names.put(name, i << 4 | type);
                }
            }
        }
    }
}
