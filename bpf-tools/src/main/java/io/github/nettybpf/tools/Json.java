package io.github.nettybpf.tools;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object of JSON (RFC 8259), for the option {@code --json}. Members are written in the order in which they were put. Not
 * thread-safe.
 */
public final class Json {
    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    /** An object without members. */
    public Json() {}

    /**
     * Adds a member.
     *
     * @param value a text, number, truth value, {@code Json}, list of such, or null; a double is written with three digits
     *     after the point
     * @return this
     */
    public Json put(String name, @Nullable Object value) {
        members.put(name, value);
        return this;
    }

    /** {@return the object in one line, without a line feed} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        append(text, this);
        return text.toString();
    }

    private static void append(StringBuilder text, @Nullable Object value) {
        if (value instanceof Json object) {
            String separator = "";
            text.append('{');
            for (Map.Entry<String, @Nullable Object> member : object.members.entrySet()) {
                text.append(separator);
                appendText(text, member.getKey());
                text.append(':');
                append(text, member.getValue());
                separator = ",";
            }
            text.append('}');
        } else if (value instanceof List<?> list) {
            String separator = "";
            text.append('[');
            for (Object element : list) {
                text.append(separator);
                append(text, element);
                separator = ",";
            }
            text.append(']');
        } else if (value instanceof String string) {
            appendText(text, string);
        } else if (value instanceof Double number) {
            text.append(String.format(Locale.ROOT, "%.3f", number));
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else {
            throw new IllegalArgumentException("no value of JSON: " + value.getClass());
        }
    }

    private static void appendText(StringBuilder text, String string) {
        text.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || c >= 0x7f) { // ASCII alone is safe on any terminal and in any encoding
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }
}
