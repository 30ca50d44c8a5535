package org.ternmq.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.pf4j.Extension;
import org.ternmq.spi.PluginFactory;

/**
 * What the classes of a plugin may see. A plugin's own test extends this class and adds nothing to it.
 *
 * <p>The broker's class loader would refuse such a plugin at run time; this says so when it is built.
 */
public abstract class PluginRules {

    private final JavaClasses plugin;

    /** Looks at the classes that Maven compiled from {@code src/main}. */
    protected PluginRules() {
        this(Path.of("target", "classes"));
    }

    /** Looks at the classes below {@code classes}, for builds that put them elsewhere. */
    protected PluginRules(Path classes) {
        plugin = new ClassFileImporter().importPath(classes);
    }

    @Test
    void seesOfTheBrokerOnlyTheSpi() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("org.ternmq.broker.."));
    }

    @Test
    void doesNotNeedTheTestkitToRun() {
        check(noClasses().should().dependOnClassesThat().resideInAPackage("org.ternmq.testkit.."));
    }

    @Test
    void leavesTheConsoleToTheBroker() {
        check(noClasses().should().accessField(System.class, "out").orShould().accessField(System.class, "err"));
    }

    @Test
    void annotatesItsFactories() {
        check(classes()
                .that()
                .areAssignableTo(PluginFactory.class)
                .and()
                .areNotInterfaces()
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .should()
                .beAnnotatedWith(Extension.class)
                .because("PF4J finds a factory by @Extension, which writes META-INF/extensions.idx"));
    }

    private void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(plugin);
    }
}
