package io.github.nettybpf.examples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.nettybpf.packet.PacketFrame;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a program reports: a line of text, and the same as fields of a JSON object. Not for several threads at once. */
final class Event {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private static final DateTimeFormatter TIME_OF_DAY = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);
    private static final DateTimeFormatter DATE_AND_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private final String text;
    private final Map<String, Object> fields = new LinkedHashMap<>();
    private @Nullable Instant time;

    private Event(String text) {
        this.text = text;
    }

    /**
     * {@return an event}
     *
     * @param kind the field "event"
     * @param text printable ASCII, without line ends
     */
    static Event of(String kind, String text) {
        return new Event(text).with("event", kind);
    }

    /** {@return an event with the time and the VLAN of the frame that it is about} */
    static Event of(String kind, String text, PacketFrame frame) {
        int vlan = vlan(frame);
        Event event = new Event(vlan == 0 ? text : "vlan " + vlan + ", " + text);
        event.time = time(frame);
        event.fields.put("time", event.time.toString());
        event.fields.put("event", kind);
        return vlan == 0 ? event : event.with("vlan", vlan);
    }

    /** {@return the VLAN identifier of a frame, or 0 if it has none} */
    static int vlan(PacketFrame frame) {
        return frame.vlanTci() & 0xfff;
    }

    /** {@return the time at which the kernel received the frame} */
    static Instant time(PacketFrame frame) {
        return Instant.EPOCH.plusNanos(frame.timestampNanos());
    }

    /** {@return the local date and time} */
    static String dateAndTime(Instant time) {
        return DATE_AND_TIME.format(time.atZone(ZoneId.systemDefault()));
    }

    /** Adds a field. The value is a number, a list or a text; an empty {@link Optional} adds nothing. */
    Event with(String name, Object value) {
        Object content = value instanceof Optional<?> optional ? optional.orElse(null) : value;
        if (content != null) {
            boolean asIs = content instanceof Number || content instanceof Iterable<?>;
            fields.put(name, asIs ? content : content.toString());
        }
        return this;
    }

    /** {@return a line of text, which begins with the local time of day if the event is about a frame} */
    String text() {
        return time == null ? text : TIME_OF_DAY.format(time.atZone(ZoneId.systemDefault())) + " " + text;
    }

    /** {@return an object of JSON, in a line} */
    String json() {
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event of numbers, lists and texts", e);
        }
    }
}
