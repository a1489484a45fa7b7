package io.jenkins.plugins.countersign.engine.dockerfile;

/** The builder would refuse this Dockerfile. The message says why; {@link #place()} says where. */
public class DockerfileException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Place place;

    public DockerfileException(Place place, String message) {
        super(message);
        this.place = place;
    }

    public Place place() {
        return place;
    }
}
