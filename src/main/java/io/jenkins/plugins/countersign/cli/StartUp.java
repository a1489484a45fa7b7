package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.registry.ManifestContent;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * A short command's time goes into the first use of each class. What nearly every command needs, JSON, digests and
 * sockets, is used once in a thread of its own while the arguments are read.
 */
final class StartUp {

    private StartUp() {}

    static void beside() {
        Thread thread = new Thread(StartUp::use, "start-up");
        thread.setDaemon(true);
        thread.start();
    }

    private static void use() {
        try {
            ManifestContent.of(ManifestContent.index(List.of()).toManifest());
            SocketChannel.open().close();
        } catch (IOException e) {
            // Whoever needs it will say so.
        }
    }
}
