package io.jenkins.plugins.countersign.engine.signing.token.helper;

import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * PKCS#11 through the classes below the JDK's SunPKCS11, by reflection: {@code sun.security.pkcs11.wrapper}. SunPKCS11 itself
 * shows no key that lacks a certificate, needs a configuration text in which a library's path can inject lines, and stays logged
 * in; the classes below it do none of that. Needs {@code --add-exports jdk.crypto.cryptoki/sun.security.pkcs11.wrapper=ALL-UNNAMED}.
 */
final class SunCryptoki implements Cryptoki {

    private static final String PACKAGE = "sun.security.pkcs11.wrapper.";
    private static final long OS_LOCKING_OK = 2;
    private static final long SERIAL_SESSION = 4;
    private static final int FOUND_AT_ONCE = 64;
    private static final int MAX_OBJECTS = 4096;

    private final Object module;
    private final Class<?> attributeType;
    private final Class<?> mechanismType;

    private SunCryptoki(Object module) throws ReflectiveOperationException {
        this.module = module;
        this.attributeType = Class.forName(PACKAGE + "CK_ATTRIBUTE");
        this.mechanismType = Class.forName(PACKAGE + "CK_MECHANISM");
    }

    /** Loads and initialises the library. */
    static SunCryptoki load(String library) throws HelperException {
        try {
            Class<?> arguments = Class.forName(PACKAGE + "CK_C_INITIALIZE_ARGS");
            Object locking = arguments.getConstructor().newInstance();
            arguments.getField("flags").setLong(locking, OS_LOCKING_OK);
            Method getInstance = Class.forName(PACKAGE + "PKCS11")
                    .getMethod("getInstance", String.class, String.class, arguments, boolean.class);
            return new SunCryptoki(getInstance.invoke(null, library, "C_GetFunctionList", locking, false));
        } catch (InvocationTargetException e) {
            String detail = e.getCause() instanceof IOException || e.getCause() instanceof UnsatisfiedLinkError
                    ? "cannot be loaded"
                    : "does not start";
            throw new HelperException(
                    "LIBRARY_BROKEN",
                    "the PKCS#11 library " + library + " " + detail + ": "
                            + e.getCause().getMessage());
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new HelperException(
                    "LIBRARY_BROKEN",
                    "this Java installation cannot use PKCS#11 libraries (module jdk.crypto.cryptoki): " + e);
        }
    }

    @Override
    public long[] slotsWithToken() throws CryptokiException {
        return (long[]) call("C_GetSlotList", true);
    }

    @Override
    public Token token(long slot) throws CryptokiException {
        Object info = call("C_GetTokenInfo", slot);
        return new Token(
                text(field(info, "label")),
                text(field(info, "serialNumber")),
                text(field(info, "manufacturerID")),
                text(field(info, "model")),
                (long) field(info, "flags"));
    }

    @Override
    public long openSession(long slot) throws CryptokiException {
        return (long) call("C_OpenSession", slot, SERIAL_SESSION, null, null);
    }

    @Override
    public void closeSession(long session) throws CryptokiException {
        call("C_CloseSession", session);
    }

    @Override
    public void login(long session, long user, char[] pin) throws CryptokiException {
        call("C_Login", session, user, pin);
    }

    @Override
    public long[] find(long session, long objectClass) throws CryptokiException {
        Object template = Array.newInstance(attributeType, 1);
        Array.set(template, 0, attribute(CLASS, objectClass));
        call("C_FindObjectsInit", session, template);
        List<Long> found = new ArrayList<>();
        try {
            long[] some;
            do {
                some = (long[]) call("C_FindObjects", session, (long) FOUND_AT_ONCE);
                for (long handle : some) {
                    found.add(handle);
                }
            } while (some.length > 0 && found.size() < MAX_OBJECTS);
        } finally {
            call("C_FindObjectsFinal", session);
        }
        return found.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public byte[] bytes(long session, long object, long attribute) throws CryptokiException {
        Object value = value(session, object, attribute);
        if (value instanceof char[] chars) {
            return raw(chars);
        }
        if (value instanceof java.math.BigInteger number) {
            return number.toByteArray();
        }
        return value instanceof byte[] bytes ? bytes : null;
    }

    @Override
    public long number(long session, long object, long attribute, long otherwise) throws CryptokiException {
        Object value = value(session, object, attribute);
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        return value instanceof byte[] bytes && bytes.length == 1 ? bytes[0] : otherwise;
    }

    @Override
    public void signInit(long session, long mechanism, long key) throws CryptokiException {
        try {
            call("C_SignInit", session, mechanismType.getConstructor(long.class).newInstance(mechanism), key);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public byte[] sign(long session, byte[] data) throws CryptokiException {
        return (byte[]) call("C_Sign", session, data);
    }

    private Object value(long session, long object, long type) throws CryptokiException {
        Object template = Array.newInstance(attributeType, 1);
        Array.set(template, 0, attribute(type, null));
        try {
            call("C_GetAttributeValue", session, object, template);
        } catch (CryptokiException absentOrSensitive) {
            if (absentOrSensitive.code() == 0x11 || absentOrSensitive.code() == 0x12) {
                return null;
            }
            throw absentOrSensitive;
        }
        // The native side replaces the element.
        return field(Array.get(template, 0), "pValue");
    }

    private Object attribute(long type, Long value) {
        try {
            Constructor<?> constructor = value == null
                    ? attributeType.getConstructor(long.class)
                    : attributeType.getConstructor(long.class, long.class);
            return value == null ? constructor.newInstance(type) : constructor.newInstance(type, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** By name and number of arguments: the methods that are used here are not overloaded in any version of the JDK. */
    private Object call(String function, Object... arguments) throws CryptokiException {
        for (Method method : module.getClass().getMethods()) {
            if (method.getName().equals(function) && method.getParameterCount() == arguments.length) {
                try {
                    return publicOf(method).invoke(module, arguments);
                } catch (InvocationTargetException e) {
                    throw cryptoki(e.getCause());
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        throw new IllegalStateException("this version of Java has no " + function);
    }

    /** The class behind may be a package-private subclass that synchronises. */
    private Method publicOf(Method method) {
        try {
            return Class.forName(PACKAGE + "PKCS11").getMethod(method.getName(), method.getParameterTypes());
        } catch (ReflectiveOperationException e) {
            return method;
        }
    }

    private static CryptokiException cryptoki(Throwable cause) {
        if (cause.getClass().getName().equals(PACKAGE + "PKCS11Exception")) {
            try {
                long code = (long) cause.getClass().getMethod("getErrorCode").invoke(cause);
                return new CryptokiException(code, cause.getMessage());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        if (cause instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException(cause);
    }

    private static Object field(Object object, String name) {
        try {
            Field field = object.getClass().getField(name);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The JDK widens each byte to a char; the text is UTF-8, padded with blanks. */
    private static String text(Object chars) {
        return new String(raw((char[]) chars), StandardCharsets.UTF_8)
                .replace("\0", "")
                .strip();
    }

    private static byte[] raw(char[] chars) {
        byte[] bytes = new byte[chars.length];
        for (int i = 0; i < chars.length; i++) {
            bytes[i] = (byte) chars[i];
        }
        return bytes;
    }
}
