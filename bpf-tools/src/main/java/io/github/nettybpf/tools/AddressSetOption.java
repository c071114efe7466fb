package io.github.nettybpf.tools;

import io.github.nettybpf.core.address.AddressSet;
import io.github.nettybpf.core.address.AddressSetException;
import io.github.nettybpf.expression.FilterExpression.Options;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option {@code --set}, which binds the sets of addresses that expressions name. */
public final class AddressSetOption {
    @Option(
            names = "--set",
            paramLabel = "NAME=FILE",
            converter = BindingText.class,
            description =
                    "Bind @NAME in an expression, as in 'src net @NAME', to the addresses, prefixes and ranges that"
                            + " FILE lists, one a line. Repeat it for more.")
    private List<Binding> bindings = List.of();

    /** Options that picocli sets. */
    public AddressSetOption() {}

    /**
     * Checks that no set was bound in vain. If the expression names a set that is not bound, nothing is said here: the
     * compiler says it, and which name may have been meant.
     *
     * @throws Refusal if the program is no expression, or does not name one of the sets
     */
    public void requireUseIn(AnyProgram program) throws Refusal {
        Set<String> used = program.setNames();
        Set<String> unused = new LinkedHashSet<>();
        bindings.forEach(binding -> unused.add(binding.name()));
        boolean isBound = used.stream().allMatch(name -> unused.contains(name) || isPath(name));
        unused.removeAll(used);
        if (isBound && !unused.isEmpty()) {
            throw new Refusal("--set: @" + String.join(" and @", unused)
                    + (unused.size() == 1 ? " is" : " are") + " not in PROGRAM (expected: an expression that names "
                    + (unused.size() == 1 ? "it" : "them") + ")");
        }
    }

    private static boolean isPath(String name) {
        return name.indexOf('/') >= 0;
    }

    /**
     * {@return the options with the sets of {@code --set}, whose files are read now}
     *
     * @throws Refusal if a file is no list of addresses or cannot be read, or a name is bound twice
     */
    public Options bind(Options options) throws Refusal {
        Options bound = options;
        for (Binding binding : bindings) {
            if (bound.sets().containsKey(binding.name())) {
                throw Refusal.ofUsage("--set: @" + binding.name() + " is bound twice (expected: once)");
            }
            bound = bound.withSet(binding.name(), read(binding.file()));
        }
        return bound;
    }

    /**
     * {@return the options with the sets of {@code --set}, and with those of the files that an expression names by a path}
     *
     * @param names the names of sets in the expression; one with a slash that is not bound is a path
     * @throws Refusal if a file is no list of addresses or cannot be read, or a name is bound twice
     */
    public Options bind(Set<String> names, Options options) throws Refusal {
        Options bound = bind(options);
        for (String name : names) {
            if (isPath(name)) {
                bound = bound.withSet(name, read(name));
            }
        }
        return bound;
    }

    private static AddressSet read(String file) throws Refusal {
        Source source = new Source(file);
        try (Reader reader =
                new InputStreamReader(source.open(InputStream.nullInputStream()), StandardCharsets.UTF_8)) {
            return AddressSet.parse(reader);
        } catch (AddressSetException e) {
            throw new Refusal(source.name() + ": " + Printable.message(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw source.unreadable(e);
        }
    }

    /** A name, and the file that lists what it stands for. */
    record Binding(String name, String file) {}

    /** Reads a value of {@code --set}. */
    static final class BindingText implements ITypeConverter<Binding> {
        @Override
        public Binding convert(String text) {
            int equals = text.indexOf('=');
            String name = text.substring(0, Math.max(0, equals));
            String file = text.substring(equals + 1);
            if (!name.matches("[a-zA-Z0-9_.-]+") || file.isEmpty() || file.equals("-")) {
                throw new TypeConversionException("'" + text
                        + "' (expected: NAME=FILE, a name of letters, digits, '_', '-' and '.', and that of a file)");
            }
            return new Binding(name, file);
        }
    }
}
