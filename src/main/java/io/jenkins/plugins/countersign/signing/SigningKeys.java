package io.jenkins.plugins.countersign.signing;

import com.cloudbees.plugins.credentials.CredentialsMatcher;
import com.cloudbees.plugins.credentials.CredentialsMatchers;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.common.StandardListBoxModel;
import com.cloudbees.plugins.credentials.domains.DomainRequirement;
import hudson.AbortException;
import hudson.Util;
import hudson.model.Item;
import hudson.model.Queue;
import hudson.model.Run;
import hudson.model.User;
import hudson.model.queue.Tasks;
import hudson.security.ACL;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException.Reason;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyPairReader;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import jenkins.model.Jenkins;
import org.springframework.security.core.Authentication;

/** Finds signing keys and tokens where they may be used, and opens keys on the controller. */
public final class SigningKeys {

    private SigningKeys() {}

    /**
     * The key or token that a build asks for, from the build's own context, and remembers that the build used it.
     *
     * @param image what it is to sign: credentials of a domain are only used for that domain's hosts
     * @throws AbortException if there is none that this build may use for this image
     */
    public static <C extends SigningCredentials> C find(String id, Class<C> type, Run<?, ?> run, ImageLocation image)
            throws AbortException {
        if (id == null) {
            throw new AbortException(Messages.SigningKeys_NotNamed());
        }
        C found = CredentialsProvider.findCredentialById(id, type, run, requirements(image));
        if (found == null) {
            throw new AbortException(Messages.SigningKeys_NotFound(id, image));
        }
        CredentialsProvider.track(run, found);
        return found;
    }

    /** The key or token that somebody keeps in their own store; nobody else's, and none that Jenkins or a folder lends. */
    public static <C extends SigningCredentials> Optional<C> findOwn(
            String id, Class<C> type, User person, ImageLocation image) {
        return own(type, person, image).stream()
                .filter(credentials -> credentials.getId().equals(id))
                .findFirst();
    }

    /** All that somebody keeps in their own store and may use for the image. */
    public static <C extends SigningCredentials> List<C> own(Class<C> type, User person, ImageLocation image) {
        return CredentialsProvider.lookupCredentialsInItemGroup(
                        type, Jenkins.get(), person.impersonate2(), requirements(image))
                .stream()
                .filter(credentials -> credentials.getScope() == CredentialsScope.USER)
                .toList();
    }

    /**
     * A key of the controller's own, as the gate's seal is: from the system store, whatever its scope.
     *
     * @throws AbortException if there is none
     */
    public static SigningKeyCredentials ofController(String id, ImageLocation image) throws AbortException {
        return CredentialsProvider.lookupCredentialsInItemGroup(
                        SigningKeyCredentials.class, Jenkins.get(), ACL.SYSTEM2, requirements(image))
                .stream()
                .filter(credentials -> credentials.getId().equals(id))
                .findFirst()
                .orElseThrow(() -> new AbortException(Messages.SigningKeys_NotFound(id, image)));
    }

    /**
     * Opens the key, here on the controller.
     *
     * @throws KeyException which names the credentials, and nothing that is in them
     */
    public static SigningKey signer(SigningKeyCredentials credentials) throws KeyException {
        try {
            return open(credentials.getKey(), credentials.getPassword());
        } catch (KeyException e) {
            throw new KeyException(e.reason(), Messages.SigningKeys_CannotOpen(credentials.getId(), e.getMessage()), e);
        }
    }

    /**
     * What signs, opened where it lives: a key here on the controller, a token on the agent that the build works on.
     *
     * @throws AbortException if it is a token and the build has no agent here
     */
    public static Signer signer(SigningCredentials credentials, BuildContext context)
            throws AbortException, KeyException {
        if (credentials instanceof SigningKeyCredentials key) {
            return signer(key);
        }
        if (credentials instanceof SigningTokenCredentials token) {
            if (context.workspace() == null) {
                throw new AbortException(Messages.SigningKeys_TokenNeedsNode(token.getId()));
            }
            return AgentToken.on(context.workspace(), token, new TokenWait(context.run(), context.listener()));
        }
        throw new AbortException(Messages.SigningKeys_UnknownKind(credentials.getId()));
    }

    /** Whether the step's choice is there, for whoever may see the choices. */
    public static FormValidation check(Item contextOrNull, String id, Class<? extends SigningCredentials> type) {
        // A variable, or a parameter of the job, is only known when the job runs.
        if (!mayChoose(contextOrNull) || Util.fixEmptyAndTrim(id) == null || id.contains("$")) {
            return FormValidation.ok();
        }
        boolean there = items(contextOrNull, null, type).stream().anyMatch(option -> option.value.equals(id.trim()));
        return there ? FormValidation.ok() : FormValidation.warning(Messages.SigningKeys_NotListed(id));
    }

    /** The choices of a step's form, for whoever may configure the job; the present one alone for everybody else. */
    public static ListBoxModel items(Item contextOrNull, String currentId, Class<? extends SigningCredentials> type) {
        StandardListBoxModel items = new StandardListBoxModel();
        if (!mayChoose(contextOrNull)) {
            return items.includeCurrentValue(currentId);
        }
        CredentialsMatcher any = CredentialsMatchers.always();
        items.includeEmptyValue();
        if (contextOrNull == null) {
            items.includeMatchingAs(ACL.SYSTEM2, Jenkins.get(), type, List.of(), any);
        } else {
            items.includeMatchingAs(authentication(contextOrNull), contextOrNull, type, List.of(), any);
        }
        return items.includeCurrentValue(currentId);
    }

    /** Whether who asks may see which credentials there are. */
    static boolean mayChoose(Item contextOrNull) {
        return contextOrNull == null
                ? Jenkins.get().hasPermission(Jenkins.ADMINISTER)
                : contextOrNull.hasPermission(Item.EXTENDED_READ)
                        || contextOrNull.hasPermission(CredentialsProvider.USE_ITEM);
    }

    static Authentication authentication(Item context) {
        return context instanceof Queue.Task task ? Tasks.getAuthenticationOf2(task) : ACL.SYSTEM2;
    }

    static List<DomainRequirement> requirements(ImageLocation image) {
        return image.isLayout()
                ? List.of()
                : RegistryConfiguration.requirements(
                        ImageReference.parse(image.repository()).registry());
    }

    static SigningKey open(Secret key, Secret password) throws KeyException {
        byte[] content = content(key.getPlainText());
        char[] chars = password.getPlainText().toCharArray();
        try {
            if (chars.length > 0) {
                return KeyPairReader.read(content, chars);
            }
            return openWithoutPassword(content);
        } finally {
            Arrays.fill(content, (byte) 0);
            Arrays.fill(chars, '\0');
        }
    }

    /** cosign encrypts with an empty password when people press the return key; elsewhere that means none. */
    private static SigningKey openWithoutPassword(byte[] content) throws KeyException {
        try {
            return KeyPairReader.read(content, null);
        } catch (KeyException missing) {
            if (missing.reason() != Reason.PASSWORD_MISSING) {
                throw missing;
            }
            try {
                return KeyPairReader.read(content, new char[0]);
            } catch (KeyException notEmptyEither) {
                throw missing;
            }
        }
    }

    private static byte[] content(String text) throws KeyException {
        if (text.contains("-----BEGIN ")) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(text.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            // The cause is left out: its message shows a character of the key.
            throw new KeyException(Reason.UNREADABLE, Messages.SigningKeys_NeitherPemNorBase64());
        }
    }
}
