package io.github.nettybpf.packet;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Runs the tests of a class in one new {@link Namespace}, with a veth pair, a0 and b0. */
final class InNamespace implements BeforeAllCallback, AfterAllCallback {
    private @Nullable Namespace namespace;

    @Override
    public void beforeAll(ExtensionContext context) {
        namespace = new Namespace();
        Namespace.pair("a0", "b0");
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (namespace != null) {
            namespace.close();
        }
    }
}
