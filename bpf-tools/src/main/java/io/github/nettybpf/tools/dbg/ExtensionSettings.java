package io.github.nettybpf.tools.dbg;

import io.github.nettybpf.core.AnnotatedPacket;
import io.github.nettybpf.core.Extension;
import io.github.nettybpf.tools.Printable;
import io.github.nettybpf.tools.Refusal;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** The command {@code set}, and the extensions that it can set. */
final class ExtensionSettings {
    private ExtensionSettings() {}

    /** {@return the names of the extensions that {@link AnnotatedPacket} can set} */
    static List<String> settable() {
        return Arrays.stream(Extension.values())
                .filter(AnnotatedPacket::canSet)
                .map(Extension::mnemonic)
                .toList();
    }

    /**
     * {@return the extension of a name}
     *
     * @throws Refusal if no such extension can be set
     */
    static Extension settable(String name) throws Refusal {
        for (Extension extension : Extension.values()) {
            if (extension.mnemonic().equals(name) && AnnotatedPacket.canSet(extension)) {
                return extension;
            }
        }
        throw new Refusal(
                "extension '" + Printable.message(name) + "' (expected: " + String.join(", ", settable()) + ")");
    }

    /**
     * The command {@code set}: lists what is set, or sets or unsets an extension.
     *
     * @throws Refusal if the words are none of these
     */
    static void set(CommandWords words, AnnotatedPacket packet, Consumer<String> out) throws Refusal {
        String kind = words.next();
        if (!CommandWords.isAbbreviation(kind, "ext")) {
            throw new Refusal("'" + Printable.message(kind) + "' (expected: ext)");
        }
        String name = words.next();
        String value = words.next();
        words.end();
        if (name.isEmpty()) {
            for (Extension extension : Extension.values()) {
                packet.value(extension).ifPresent(set -> out.accept(extension.mnemonic() + " " + set + "\n"));
            }
            return;
        }
        Extension extension = settable(name);
        if (value.isEmpty()) {
            throw new Refusal(name + " '' (expected: a number, 0.." + extension.maximum() + ", or none)");
        } else if (value.equals("none")) {
            packet.unset(extension);
        } else {
            long number = CommandWords.number(value);
            if (number > extension.maximum()) {
                throw new Refusal(name + " " + number + " (expected: 0.." + extension.maximum() + ", or none)");
            }
            packet.set(extension, number);
        }
    }
}
