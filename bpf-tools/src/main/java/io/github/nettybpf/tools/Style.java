package io.github.nettybpf.tools;

import java.util.Map;

/** The colours of standard output: escape sequences on a terminal, nothing elsewhere. Immutable. */
public final class Style {
    private static final String PROBLEM = "31";
    private static final String TAKEN = "1";

    private final boolean isColoured;

    Style(boolean isColoured) {
        this.isColoured = isColoured;
    }

    /**
     * {@return the style for an output}
     *
     * @param isTerminal whether it is a terminal
     * @param environment the environment variables: NO_COLOR, if it is not empty, and TERM=dumb forbid colours
     */
    static Style of(boolean isTerminal, Map<String, String> environment) {
        boolean isForbidden = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "dumb").equals("dumb");
        return new Style(isTerminal && !isForbidden);
    }

    /** {@return the text in red} */
    public String problem(String text) {
        return styled(PROBLEM, text);
    }

    /** {@return the text in bold: what a run of the program did, among what it could have done} */
    public String taken(String text) {
        return styled(TAKEN, text);
    }

    private String styled(String attribute, String text) {
        return isColoured ? "\u001b[" + attribute + "m" + text + "\u001b[0m" : text;
    }
}
