// SPDX-License-Identifier: Apache-2.0

import java.io.FileInputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A JSSE server: port, versions, suites in the server's order ("all": every one it has), then for each key its type, file and chain. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (int i = 3; i + 2 < arguments.length; i += 3) {
            PrivateKey key = KeyFactory.getInstance(arguments[i])
                .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Paths.get(arguments[i + 1]))));
            try (FileInputStream chain = new FileInputStream(arguments[i + 2])) {
                store.setKeyEntry(arguments[i], key, new char[0], CertificateFactory.getInstance("X.509")
                    .generateCertificates(chain).toArray(new Certificate[0]));
            }
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("NewSunX509");
        keys.init(new javax.net.ssl.KeyStoreBuilderParameters(
            KeyStore.Builder.newInstance(store, new KeyStore.PasswordProtection(new char[0]))));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[0]), 128, InetAddress.getByName("127.0.0.1"));
        SSLParameters parameters = listener.getSSLParameters();
        parameters.setProtocols(arguments[1].split(","));
        parameters.setCipherSuites(arguments[2].equals("all") ? listener.getSupportedCipherSuites() : arguments[2].split(","));
        parameters.setUseCipherSuitesOrder(true);
        listener.setSSLParameters(parameters);
        ExecutorService pool = Executors.newFixedThreadPool(8);
        for (;;) {
            SSLSocket connection = (SSLSocket) listener.accept();
            pool.submit(() -> serve(connection));
        }
    }

    private static void serve(SSLSocket connection) {
        try (connection) {
            connection.setSoTimeout(20000);
            connection.startHandshake();
        } catch (Exception failed) {
            // A scanner breaks off nearly every handshake.
        }
    }
}
