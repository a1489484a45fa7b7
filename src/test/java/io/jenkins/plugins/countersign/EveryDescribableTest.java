package io.jenkins.plugins.countersign;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.AbstractFolderProperty;
import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.plugins.credentials.Credentials;
import com.cloudbees.plugins.credentials.CredentialsScope;
import hudson.ExtensionList;
import hudson.model.Describable;
import hudson.model.Descriptor;
import hudson.model.FreeStyleProject;
import hudson.model.JobProperty;
import hudson.tasks.BuildStepDescriptor;
import hudson.tasks.Builder;
import hudson.tasks.Publisher;
import hudson.triggers.Trigger;
import hudson.util.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import jenkins.model.GlobalConfiguration;
import org.jenkinsci.plugins.pipeline.modeldefinition.when.DeclarativeStageConditional;
import org.jenkinsci.plugins.structs.SymbolLookup;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.TestExtension;
import org.kohsuke.stapler.ClassDescriptor;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * What every describable of the plugin must have. They are found among Jenkins' extensions, so that a new one, or a new field, cannot
 * be forgotten: a field is filled in by its type, or as {@link #TEXTS} says.
 */
public class EveryDescribableTest {

    @ClassRule
    public static final JenkinsRule jenkins = new FormsRule();

    static {
        jenkins.timeout = 600;
    }

    private static final String PACKAGE = "io.jenkins.plugins.countersign.";

    /** Fields that do not take any text. */
    private static final Map<String, Object> TEXTS = Map.ofEntries(
            Map.entry("AwaitApprovalsStep.unit", "DAYS"),
            Map.entry("ApproveImageStep.decision", "reject"),
            Map.entry("CheckBaseImagesStep.builder", "kaniko"),
            Map.entry("CheckBaseImagesStep.onViolation", "unstable"),
            Map.entry("SigningKeyCredentialsImpl.scope", CredentialsScope.GLOBAL),
            Map.entry("SigningTokenCredentialsImpl.scope", CredentialsScope.GLOBAL));

    /** What other plugins' classes bring, with their own help. */
    private static final Set<String> INHERITED_IN_CREDENTIALS = Set.of("scope", "id", "description");

    @Test
    public void everyFieldComesBackFromItsForm() throws Exception {
        Set<String> seen = new TreeSet<>();
        FreeStyleProject job = jenkins.createFreeStyleProject();
        Folder folder = jenkins.createProject(Folder.class);
        Map<Object, Object> global = new LinkedHashMap<>();
        List<Object> inJob = new ArrayList<>();
        List<Object> inFolder = new ArrayList<>();
        for (Descriptor<?> descriptor : descriptors()) {
            Class<?> type = descriptor.clazz;
            if (GlobalConfiguration.class.isAssignableFrom(type)) {
                Object configuration = ExtensionList.lookupSingleton(type);
                setAll(configuration, type);
                global.put(configuration, told(configuration, seen));
            } else if (ImageStep.class.isAssignableFrom(type)) {
                // Shown by the build step and the post-build action; that there are both, the end of this test says.
                continue;
            } else if (Step.class.isAssignableFrom(type)
                    || DeclarativeStageConditional.class.isAssignableFrom(type)
                    || Credentials.class.isAssignableFrom(type)) {
                Describable<?> before = (Describable<?>) sample(type);
                job.getBuildersList().add(new Holder(before));
                inJob.add(before);
            } else if (Builder.class.isAssignableFrom(type)) {
                Object before = sample(type);
                job.getBuildersList().add((Builder) before);
                inJob.add(before);
            } else if (Publisher.class.isAssignableFrom(type)) {
                Object before = sample(type);
                job.getPublishersList().add((Publisher) before);
                inJob.add(before);
            } else if (JobProperty.class.isAssignableFrom(type)) {
                Object before = sample(type);
                job.addProperty((JobProperty) before);
                inJob.add(before);
            } else if (Trigger.class.isAssignableFrom(type)) {
                Object before = sample(type);
                job.addTrigger((Trigger) before);
                inJob.add(before);
            } else if (AbstractFolderProperty.class.isAssignableFrom(type)) {
                Object before = sample(type);
                folder.addProperty((AbstractFolderProperty) before);
                inFolder.add(before);
            }
        }
        jenkins.configRoundtrip();
        for (Map.Entry<Object, Object> one : global.entrySet()) {
            assertEquals(one.getValue(), told(one.getKey(), new TreeSet<>()));
        }
        List<Object> before = new ArrayList<>();
        for (Object one : inJob) {
            before.add(told(one, seen));
        }
        job = jenkins.configRoundtrip(job);
        List<Object> after = new ArrayList<>();
        for (Object one : inJob) {
            Class<?> type = one.getClass();
            Stream<?> all = Stream.of(
                            job.getBuildersList().stream()
                                    .map(builder -> builder instanceof Holder holder ? holder.held : builder),
                            job.getPublishersList().stream(),
                            job.getAllProperties().stream(),
                            job.getTriggers().values().stream())
                    .flatMap(each -> each);
            after.add(told(all.filter(type::isInstance).findFirst().orElseThrow(), new TreeSet<>()));
        }
        assertEquals(before, after);
        for (Object one : inFolder) {
            Object told = told(one, seen);
            folder = jenkins.configRoundtrip(folder);
            assertEquals(
                    told,
                    told(
                            folder.getProperties().get((Class<AbstractFolderProperty<?>>) one.getClass()),
                            new TreeSet<>()));
        }
        Set<String> all = new TreeSet<>();
        descriptors().forEach(descriptor -> all.add(descriptor.clazz.getName()));
        assertEquals("each was shown in a form and saved, by itself or in another", all, seen);
    }

    @Test
    public void eachHasASymbolAndAPage() throws Exception {
        List<String> missing = new ArrayList<>();
        for (Descriptor<?> descriptor : descriptors()) {
            if (SymbolLookup.getSymbolValue(descriptor).isEmpty()) {
                missing.add(descriptor.clazz.getSimpleName() + ": @Symbol");
            }
            if (Stream.of("config.jelly", "config-details.jelly", "credentials.jelly")
                    .noneMatch(page -> resource(descriptor.clazz, page) != null)) {
                missing.add(descriptor.clazz.getSimpleName() + ": config.jelly");
            }
            if (descriptor.getDisplayName().isBlank()
                    || descriptor.getDisplayName().equals(descriptor.clazz.getSimpleName())) {
                missing.add(descriptor.clazz.getSimpleName() + ": getDisplayName()");
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    public void eachFieldHasHelpInBothLanguages() throws Exception {
        List<String> missing = new ArrayList<>();
        int looked = 0;
        for (Descriptor<?> descriptor : descriptors()) {
            Class<?> type = descriptor.clazz;
            List<String> helps = new ArrayList<>();
            for (String field : fields(type).keySet()) {
                if (!Credentials.class.isAssignableFrom(type) || !INHERITED_IN_CREDENTIALS.contains(field)) {
                    helps.add("help-" + field);
                }
            }
            if (Step.class.isAssignableFrom(type)
                    || Trigger.class.isAssignableFrom(type)
                    || JobProperty.class.isAssignableFrom(type)
                    || Publisher.class.isAssignableFrom(type)
                    || AbstractFolderProperty.class.isAssignableFrom(type)
                    || DeclarativeStageConditional.class.isAssignableFrom(type)) {
                helps.add("help");
            }
            for (String help : helps) {
                looked++;
                String english = resource(type, help + ".html");
                String chinese = resource(type, help + "_zh_CN.html");
                if (english == null || !english.matches("(?s).*[a-z]{3}.*")) {
                    missing.add(type.getSimpleName() + "/" + help + ".html");
                }
                if (chinese == null || !chinese.matches("(?s).*\\p{IsHan}.*")) {
                    missing.add(type.getSimpleName() + "/" + help + "_zh_CN.html");
                }
            }
        }
        assertTrue("too few: " + looked, looked > 60);
        assertEquals(List.of(), missing);
    }

    /** Text that cannot be wrong by itself, and why. */
    private static final Map<String, String> UNCHECKED = Map.of(
            "AwaitApprovalsStep.message", "people read it",
            "SigningKeyCredentialsImpl.password", "the key is checked with it",
            "SigningTokenCredentialsImpl.pin", "only the token can tell, and each wrong one costs a try");

    @Test
    public void whatCanBeTypedWrongIsCheckedWhileSomebodyTypes() throws Exception {
        Set<String> unchecked = new TreeSet<>();
        int checked = 0;
        for (Descriptor<?> descriptor : descriptors()) {
            for (Map.Entry<String, Type> field : fields(descriptor.clazz).entrySet()) {
                String name = field.getKey();
                boolean credentials = Credentials.class.isAssignableFrom(descriptor.clazz);
                if (!List.of(String.class, Secret.class, int.class).contains(field.getValue())
                        || credentials && INHERITED_IN_CREDENTIALS.contains(name)) {
                    continue;
                }
                boolean chosen = has(descriptor, "doFill", name, "Items") && !name.endsWith("Id");
                if (!chosen && !has(descriptor, "doCheck", name, "")) {
                    unchecked.add(descriptor.clazz.getSimpleName() + "." + name);
                }
                checked++;
            }
        }
        assertTrue("too few: " + checked, checked > 60);
        unchecked.removeAll(UNCHECKED.keySet());
        assertEquals(Set.of(), unchecked);
    }

    private static boolean has(Descriptor<?> descriptor, String before, String field, String after) {
        String name = before + Character.toUpperCase(field.charAt(0)) + field.substring(1) + after;
        return Arrays.stream(descriptor.getClass().getMethods())
                .anyMatch(method -> method.getName().equals(name));
    }

    @Test
    public void noDescribableIsWithoutItsDescriptor() throws Exception {
        Set<Class<?>> known = new java.util.HashSet<>();
        descriptors().forEach(descriptor -> known.add(descriptor.clazz));
        List<String> unknown = new ArrayList<>();
        Path classes = Path.of(ImageStep.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes.resolve("io/jenkins/plugins/countersign"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class"))
                    .filter(f ->
                            !f.toString().contains("/engine/") && !f.toString().contains("/cli/"))
                    .toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                Class<?> type = Class.forName(
                        name.substring(0, name.length() - 6), false, getClass().getClassLoader());
                if (Describable.class.isAssignableFrom(type)
                        && !Modifier.isAbstract(type.getModifiers())
                        && !known.contains(type)) {
                    unknown.add(name);
                }
            }
        }
        assertEquals(List.of(), unknown);
    }

    static List<Descriptor<?>> descriptors() {
        List<Descriptor<?>> ours = new ArrayList<>();
        for (Descriptor<?> descriptor : jenkins.jenkins.getExtensionList(Descriptor.class)) {
            if (descriptor.clazz.getName().startsWith(PACKAGE) && descriptor.clazz != Holder.class) {
                ours.add(descriptor);
            }
        }
        assertTrue("too few: " + ours, ours.size() >= 24);
        return ours;
    }

    /** All that a form fills in, by name: the constructor's, then the setters'. */
    private static Map<String, Type> fields(Class<?> type) throws Exception {
        Map<String, Type> fields = new LinkedHashMap<>();
        for (Constructor<?> constructor : type.getConstructors()) {
            if (constructor.isAnnotationPresent(DataBoundConstructor.class)) {
                String[] names = ClassDescriptor.loadParameterNames(constructor);
                for (int i = 0; i < names.length; i++) {
                    fields.put(names[i], constructor.getGenericParameterTypes()[i]);
                }
            }
        }
        for (Method setter : setters(type)) {
            fields.put(decapitalize(setter.getName().substring(3)), setter.getGenericParameterTypes()[0]);
        }
        return fields;
    }

    private static List<Method> setters(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.isAnnotationPresent(DataBoundSetter.class) && !method.isBridge())
                .sorted(java.util.Comparator.comparing(Method::getName))
                .toList();
    }

    private static Object sample(Class<?> type) throws Exception {
        for (Constructor<?> constructor : type.getConstructors()) {
            if (constructor.isAnnotationPresent(DataBoundConstructor.class)) {
                String[] names = ClassDescriptor.loadParameterNames(constructor);
                Object[] values = new Object[names.length];
                for (int i = 0; i < names.length; i++) {
                    values[i] = value(type, names[i], constructor.getGenericParameterTypes()[i], null);
                }
                Object made = constructor.newInstance(values);
                setAll(made, type);
                return made;
            }
        }
        throw new AssertionError(type + " has no @DataBoundConstructor");
    }

    private static void setAll(Object made, Class<?> type) throws Exception {
        for (Method setter : setters(type)) {
            String name = decapitalize(setter.getName().substring(3));
            Object byDefault = get(made, name);
            setter.invoke(made, value(type, name, setter.getGenericParameterTypes()[0], byDefault));
            assertNotEquals(
                    type.getSimpleName() + "." + name + " is no other than by default", byDefault, get(made, name));
        }
    }

    private static Object value(Class<?> owner, String name, Type type, Object byDefault) throws Exception {
        Object text = TEXTS.get(owner.getSimpleName() + "." + name);
        if (text != null) {
            return text;
        } else if (type == String.class) {
            return "a-" + name.toLowerCase(java.util.Locale.ROOT);
        } else if (type == boolean.class) {
            return !Boolean.TRUE.equals(byDefault);
        } else if (type == int.class) {
            return 1 + (byDefault == null ? 0 : (Integer) byDefault);
        } else if (type == Secret.class) {
            return Secret.fromString("canary of " + name);
        } else if (type instanceof Class<?> enumeration && enumeration.isEnum()) {
            Object[] constants = enumeration.getEnumConstants();
            return constants[constants.length - 1];
        } else if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            Class<?> element = (Class<?>) list.getActualTypeArguments()[0];
            if (!Modifier.isAbstract(element.getModifiers())) {
                return List.of(sample(element));
            }
            List<Object> each = new ArrayList<>();
            for (Descriptor<?> descriptor : descriptors()) {
                if (element.isAssignableFrom(descriptor.clazz)) {
                    each.add(sample(descriptor.clazz));
                }
            }
            return each;
        } else if (type instanceof Class<?> nested && Describable.class.isAssignableFrom(nested)) {
            return sample(nested);
        }
        throw new AssertionError("no sample for " + owner + "." + name + " of type " + type);
    }

    /** A describable as text, to be compared; those that it holds are added to the seen. */
    private static Object told(Object value, Set<String> seen) throws Exception {
        if (value instanceof List<?> list) {
            List<Object> each = new ArrayList<>();
            for (Object one : list) {
                each.add(told(one, seen));
            }
            return each;
        } else if (value instanceof Describable<?> describable) {
            Class<?> type = describable.getClass();
            seen.add(type.getName());
            Map<String, Object> fields = new TreeMap<>();
            for (String name : fields(type).keySet()) {
                if (value instanceof Credentials && name.equals("scope")) {
                    // The credentials plugin offers the scope around our part of the form.
                    continue;
                }
                fields.put(name, told(get(describable, name), seen));
            }
            return type.getSimpleName() + fields;
        } else if (value instanceof Secret secret) {
            return secret.getPlainText();
        }
        return String.valueOf(value);
    }

    private static Object get(Object owner, String name) throws Exception {
        String capitalized = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        for (Method method : owner.getClass().getMethods()) {
            if (method.getParameterCount() == 0
                    && !method.isBridge()
                    && (method.getName().equals("get" + capitalized)
                            || method.getName().equals("is" + capitalized))) {
                return method.invoke(owner);
            }
        }
        throw new AssertionError(owner.getClass() + " has no getter for " + name);
    }

    private static String decapitalize(String name) {
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    /** A file beside the class, or beside those that it extends; null if there is none. */
    private static String resource(Class<?> type, String file) {
        for (Class<?> at = type; at != null && at.getName().startsWith(PACKAGE); at = at.getSuperclass()) {
            try (var in = at.getResourceAsStream(at.getSimpleName() + "/" + file)) {
                if (in != null) {
                    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return null;
    }

    /** A form for what has none of its own: shows the page of what it holds. */
    public static final class Holder extends Builder {
        public final Describable<?> held;

        @DataBoundConstructor
        public Holder(Describable<?> held) {
            this.held = held;
        }

        @TestExtension
        public static final class DescriptorImpl extends BuildStepDescriptor<Builder> {
            @Override
            public boolean isApplicable(Class<? extends hudson.model.AbstractProject> type) {
                return true;
            }
        }
    }
}
