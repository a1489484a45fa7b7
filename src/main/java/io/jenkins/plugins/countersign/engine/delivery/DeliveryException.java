package io.jenkins.plugins.countersign.engine.delivery;

/** A delivery that is not genuine, or that cannot be understood; the message is for the operator, never for the sender. */
public class DeliveryException extends Exception {

    private static final long serialVersionUID = 1;

    public DeliveryException(String message) {
        super(message);
    }

    public DeliveryException(String message, Throwable cause) {
        super(message, cause);
    }
}
