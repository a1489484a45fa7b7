package io.jenkins.plugins.countersign;

import hudson.ExtensionList;
import hudson.model.Descriptor;
import hudson.model.JobProperty;
import hudson.triggers.Trigger;
import hudson.util.ListBoxModel;
import java.beans.Introspector;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import jenkins.model.GlobalConfiguration;
import org.codehaus.groovy.ast.CodeVisitorSupport;
import org.codehaus.groovy.ast.expr.ClosureExpression;
import org.codehaus.groovy.ast.expr.ConstantExpression;
import org.codehaus.groovy.ast.expr.Expression;
import org.codehaus.groovy.ast.expr.MapEntryExpression;
import org.codehaus.groovy.ast.expr.MapExpression;
import org.codehaus.groovy.ast.expr.MethodCallExpression;
import org.codehaus.groovy.ast.expr.TupleExpression;
import org.codehaus.groovy.ast.expr.VariableExpression;
import org.codehaus.groovy.control.CompilationFailedException;
import org.codehaus.groovy.control.CompilationUnit;
import org.codehaus.groovy.control.Phases;
import org.jenkinsci.plugins.pipeline.modeldefinition.parser.Converter;
import org.jenkinsci.plugins.pipeline.modeldefinition.when.DeclarativeStageConditional;
import org.jenkinsci.plugins.structs.SymbolLookup;
import org.jenkinsci.plugins.structs.describable.DescribableModel;
import org.jenkinsci.plugins.structs.describable.DescribableParameter;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.kohsuke.stapler.DataBoundSetter;

/**
 * A Pipeline that is shown to be copied, read by Groovy's compiler and Declarative's validator: each step, condition, trigger and
 * option in it is one of this Jenkins, and what it is given fits. {@code …} as a value is any value; alone it is what is left out.
 */
final class ShownPipeline extends CodeVisitorSupport {

    private static final String LEFT_OUT = "leftOut";

    /** The words of Declarative Pipeline's own that stand before a closure or a word of its own. */
    private static final Set<String> DECLARATIVE = Set.of(
            "agent",
            "always",
            "environment",
            "failure",
            "options",
            "pipeline",
            "post",
            "script",
            "stage",
            "stages",
            "steps",
            "success",
            "triggers",
            "when");

    /** A step of the library that Jenkins' own plugins are built with. */
    private static final Set<String> LIBRARY = Set.of("buildPlugin");

    private final Deque<String> around = new ArrayDeque<>();
    private final List<String> faults = new ArrayList<>();
    private final Set<String> ours = new TreeSet<>();

    private ShownPipeline() {}

    /** @return what is wrong; empty if nothing is */
    static List<String> faults(String text, Set<String> oursSeen) {
        ShownPipeline shown = new ShownPipeline();
        try {
            CompilationUnit unit = new CompilationUnit();
            unit.addSource("shown", text.replace("…", LEFT_OUT));
            unit.compile(Phases.CONVERSION);
            unit.getAST().getModules().get(0).getStatementBlock().visit(shown);
            if (text.startsWith("pipeline {")) {
                Converter.scriptToPipelineDef(text);
            }
        } catch (CompilationFailedException e) {
            shown.faults.add(e.getMessage());
        }
        oursSeen.addAll(shown.ours);
        return shown.faults;
    }

    @Override
    public void visitMethodCallExpression(MethodCallExpression call) {
        String name = call.getMethodAsString();
        if (!call.isImplicitThis()) {
            super.visitMethodCallExpression(call);
            return;
        }
        Descriptor<?> descriptor = descriptor(name);
        boolean declarative = DECLARATIVE.contains(name) && (descriptor == null || around.contains("pipeline"));
        if (descriptor == null && !DECLARATIVE.contains(name) && !LIBRARY.contains(name)) {
            faults.add(name + " is no " + (around.isEmpty() ? "step" : "word that can stand in " + around.peek()));
        } else if (descriptor != null && !declarative) {
            check(name, descriptor, call.getArguments());
        }
        around.push(name);
        super.visitMethodCallExpression(call);
        around.pop();
    }

    private Descriptor<?> descriptor(String name) {
        String in = around.isEmpty() ? "" : around.peek();
        return switch (in) {
            case "when" -> SymbolLookup.get().findDescriptor(DeclarativeStageConditional.class, name);
            case "triggers" -> SymbolLookup.get().findDescriptor(Trigger.class, name);
            case "options" -> SymbolLookup.get().findDescriptor(JobProperty.class, name);
            default -> StepDescriptor.byFunctionName(name);
        };
    }

    private void check(String name, Descriptor<?> descriptor, Expression arguments) {
        if (!isOurs(descriptor)) {
            return;
        }
        ours.add(name);
        Map<String, Expression> given = new LinkedHashMap<>();
        List<Expression> positional = new ArrayList<>();
        for (Expression argument : ((TupleExpression) arguments).getExpressions()) {
            if (argument instanceof MapExpression named) {
                for (MapEntryExpression entry : named.getMapEntryExpressions()) {
                    if (given.put(entry.getKeyExpression().getText(), entry.getValueExpression()) != null) {
                        faults.add(
                                name + " is given " + entry.getKeyExpression().getText() + " twice");
                    }
                }
            } else if (!(argument instanceof ClosureExpression)) {
                positional.add(argument);
            }
        }
        boolean more = positional.removeIf(ShownPipeline::isLeftOut);
        DescribableModel<?> model = DescribableModel.of(descriptor.clazz);
        if (positional.size() == 1 && given.isEmpty() && model.getSoleRequiredParameter() != null) {
            given.put(model.getSoleRequiredParameter().getName(), positional.get(0));
        } else if (!positional.isEmpty()) {
            faults.add(
                    name + " takes its parameters by name: " + positional.get(0).getText());
        }
        Map<String, Object> values = new TreeMap<>();
        for (DescribableParameter parameter : model.getParameters()) {
            Expression value = given.remove(parameter.getName());
            if (value == null && parameter.isRequired() && !more) {
                faults.add(name + " needs " + parameter.getName());
            } else if (value != null || parameter.isRequired()) {
                values.put(parameter.getName(), value(parameter, value));
                choice(name, descriptor, parameter.getName(), value);
            }
        }
        for (String unknown : given.keySet()) {
            faults.add(name + " has no parameter " + unknown);
        }
        try {
            model.instantiate(values);
        } catch (IllegalArgumentException e) {
            faults.add(name + ": " + e.getMessage());
        }
    }

    private static boolean isLeftOut(Expression expression) {
        return expression instanceof VariableExpression variable
                && variable.getName().equals(LEFT_OUT);
    }

    /** What is written, where it is written; else anything that has the type. */
    private static Object value(DescribableParameter parameter, Expression written) {
        if (written instanceof ConstantExpression constant) {
            return constant.getValue();
        }
        Class<?> type = parameter.getErasedType();
        return type == boolean.class ? (Object) true : type == int.class ? (Object) 1 : "registry.example.com/any:1";
    }

    private void choice(String step, Descriptor<?> descriptor, String field, Expression written) {
        String method = "doFill" + Character.toUpperCase(field.charAt(0)) + field.substring(1) + "Items";
        for (Method fill : descriptor.getClass().getMethods()) {
            if (fill.getName().equals(method)
                    && fill.getParameterCount() == 0
                    && written instanceof ConstantExpression constant) {
                try {
                    ListBoxModel choices = (ListBoxModel) fill.invoke(descriptor);
                    if (choices.stream().noneMatch(one -> one.value.equalsIgnoreCase(constant.getText()))) {
                        faults.add(step + " has no " + field + " \"" + constant.getText() + "\", but " + choices);
                    }
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(method, e);
                }
            }
        }
    }

    private static boolean isOurs(Descriptor<?> descriptor) {
        return descriptor.clazz.getName().startsWith("io.jenkins.plugins.countersign.");
    }

    /** Names of all steps, conditions, triggers and other parts of this plugin, as Pipelines write them. */
    static Set<String> symbols() {
        Set<String> symbols = new TreeSet<>();
        for (Descriptor<?> descriptor : ExtensionList.lookup(Descriptor.class)) {
            if (isOurs(descriptor)) {
                symbols.addAll(SymbolLookup.getSymbolValue(descriptor));
                if (descriptor instanceof StepDescriptor step) {
                    symbols.add(step.getFunctionName());
                }
            }
        }
        return symbols;
    }

    /** Names of all parameters of all of them, and of the settings. */
    static Set<String> parameters() {
        Set<String> parameters = new TreeSet<>();
        for (Descriptor<?> descriptor : ExtensionList.lookup(Descriptor.class)) {
            if (isOurs(descriptor) && descriptor instanceof GlobalConfiguration) {
                for (Method setter : descriptor.clazz.getMethods()) {
                    if (setter.isAnnotationPresent(DataBoundSetter.class)) {
                        parameters.add(
                                Introspector.decapitalize(setter.getName().substring(3)));
                    }
                }
            } else if (isOurs(descriptor)) {
                DescribableModel.of(descriptor.clazz)
                        .getParameters()
                        .forEach(parameter -> parameters.add(parameter.getName()));
            }
        }
        return parameters;
    }
}
