package io.jenkins.plugins.countersign.approval;

import hudson.model.User;
import hudson.security.ACL;
import hudson.security.ACLContext;
import hudson.tasks.Mailer;
import hudson.util.DaemonThreadFactory;
import hudson.util.NamingThreadFactory;
import io.jenkins.plugins.countersign.engine.trust.Person;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;
import jenkins.model.JenkinsLocationConfiguration;
import org.jenkinsci.plugins.variant.OptionalExtension;

/** Writes to the people who could approve, once for each gate and person, if the mailer plugin is there. */
@OptionalExtension(requirePlugins = "mailer")
public class ApprovalMail extends ApprovalListener {

    private static final Logger LOGGER = Logger.getLogger(ApprovalMail.class.getName());

    private static final int MAX_UNSENT = 1000;

    /** A mail server that does not answer must not keep gates from looking, so mail has a thread of its own. */
    private static final ThreadPoolExecutor POSTMAN = postman();

    private static ThreadPoolExecutor postman() {
        ThreadPoolExecutor postman = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_UNSENT),
                new NamingThreadFactory(new DaemonThreadFactory(), "Countersign mail"),
                (mail, pool) -> LOGGER.log(
                        Level.WARNING,
                        "{0} mails about gates wait to be sent already, another is not written",
                        MAX_UNSENT));
        postman.allowCoreThreadTimeOut(true);
        return postman;
    }

    /** Whom a gate has written to; after a restart they are reminded once. */
    private final Map<String, Set<String>> written = new ConcurrentHashMap<>();

    @Override
    public void onHeld(GatePage gate) {
        Set<String> known = written.computeIfAbsent(gate.getUrl(), url -> ConcurrentHashMap.newKeySet());
        for (GatePage.RequirementView need : gate.getRequirements()) {
            for (String person : need.getCandidates()) {
                if (known.add(person)) {
                    send(gate, person, Messages.ApprovalMail_Wanted(gate.getStage(), gate.getRepository()));
                }
            }
        }
    }

    @Override
    public void onOpened(GatePage gate) {
        written.remove(gate.getUrl());
    }

    /** A job that is made once more under its name has gates at the same addresses. */
    @Override
    public void onAborted(GatePage gate) {
        written.remove(gate.getUrl());
    }

    @Override
    public void onExpired(GatePage gate) {
        Set<String> known = written.remove(gate.getUrl());
        if (known != null) {
            known.forEach(
                    person -> send(gate, person, Messages.ApprovalMail_Expired(gate.getStage(), gate.getRepository())));
        }
    }

    private static void send(GatePage gate, String person, String subject) {
        POSTMAN.execute(() -> {
            try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
                for (String address : addresses(gate, person)) {
                    Transport.send(message(gate, address, subject));
                }
            } catch (MessagingException | IOException | PolicyException | RuntimeException e) {
                LOGGER.log(Level.WARNING, "no mail to {0} about {1}: {2}", new Object[] {
                    person, gate.getUrl(), e.getMessage()
                });
                LOGGER.log(Level.FINE, "no mail", e);
            }
        });
    }

    static MimeMessage message(GatePage gate, String address, String subject) throws MessagingException {
        MimeMessage message = new MimeMessage(Mailer.descriptor().createSession());
        message.setFrom(new InternetAddress(JenkinsLocationConfiguration.get().getAdminAddress()));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(address));
        message.setSubject(subject, StandardCharsets.UTF_8.name());
        String root = Jenkins.get().getRootUrl();
        message.setText(
                Messages.ApprovalMail_Text(
                        gate.getImage(),
                        gate.getBuild(),
                        gate.getMessage(),
                        gate.getWhyText(),
                        gate.getDeadlineText(),
                        (root == null ? "" : root) + gate.getUrl()),
                StandardCharsets.UTF_8.name());
        return message;
    }

    /** Only to users of this Jenkins who may see the build: a mail must not tell what its page would not. */
    private static Set<String> addresses(GatePage gate, String name) throws IOException, PolicyException {
        TrustPolicy policy = GatePolicy.current().policy();
        Optional<Person> person = policy.person(name);
        Set<String> ids = new LinkedHashSet<>();
        person.ifPresent(one -> {
            ids.add(one.name());
            ids.addAll(one.aliases());
        });
        Set<String> addresses = new LinkedHashSet<>();
        for (String id : ids) {
            User user = User.getById(id, false);
            Mailer.UserProperty property = user == null ? null : user.getProperty(Mailer.UserProperty.class);
            if (property != null
                    && property.getAddress() != null
                    && gate.home().job().getACL().hasPermission2(user.impersonate2(), hudson.model.Item.READ)) {
                addresses.add(property.getAddress());
            }
        }
        return addresses;
    }
}
