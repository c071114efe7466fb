package io.github.nettybpf.examples.loops;

import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** A key and a certificate that nobody has signed, made by the JDK's keytool, and a client that takes any. */
final class SelfSigned {
    static final String HOST = "localhost";
    private static final String PROTOCOL = "echo";
    private static final String ALIAS = "server";
    private static final String PASSWORD = "changeit";

    private SelfSigned() {}

    static QuicSslContext server() throws IOException, GeneralSecurityException, InterruptedException {
        Path folder = Files.createTempDirectory("quic");
        Path file = folder.resolve("server.p12");
        try {
            keytool(file);
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                store.load(in, PASSWORD.toCharArray());
            }
            return QuicSslContextBuilder.forServer(
                            (PrivateKey) store.getKey(ALIAS, PASSWORD.toCharArray()), null, (X509Certificate)
                                    store.getCertificate(ALIAS))
                    .applicationProtocols(PROTOCOL)
                    .build();
        } finally {
            Files.deleteIfExists(file);
            Files.delete(folder);
        }
    }

    private static void keytool(Path file) throws IOException, InterruptedException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + HOST,
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool: " + output);
        }
    }

    static QuicSslContext client() {
        return QuicSslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .applicationProtocols(PROTOCOL)
                .build();
    }
}
