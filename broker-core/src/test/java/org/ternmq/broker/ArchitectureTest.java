package org.ternmq.broker;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The order of the core's packages, and which of them may see which library: docs/adr/0001-package-order.md. */
final class ArchitectureTest {

    private static final String ROOT = "org.ternmq.broker";

    /** Each package may use those before it in this list, and itself. */
    private static final List<String> ORDER = List.of(
            "protocol",
            "observe",
            "config",
            "shard",
            "journal",
            "routing",
            "security",
            "session",
            "connection",
            "transport",
            "bridge",
            "plugin",
            "control");

    /** What stands above the list and may use all of it. The root package does too. */
    private static final List<String> TOP = List.of("cli", "bench");

    private static JavaClasses core;

    @BeforeAll
    static void readClasses() {
        core = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
    }

    @TestFactory
    Stream<DynamicTest> packagesUseOnlyThoseBeforeThem() {
        return ORDER.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    DescribedPredicate<JavaClass> later = resideInAPackage(ROOT + "..")
                            .and(DescribedPredicate.not(resideInAnyPackage(upTo(name))))
                            .as("the packages after it");
                    check(noClasses()
                            .that()
                            .resideInAPackage(under(name))
                            .should()
                            .dependOnClassesThat(later)
                            .as(name + " uses no package of the core but " + ORDER.subList(0, ORDER.indexOf(name))));
                }));
    }

    @Test
    void everyPackageHasItsPlaceInTheOrder() {
        String[] known = Stream.concat(
                        Stream.of(ROOT),
                        Stream.concat(ORDER.stream(), TOP.stream()).map(ArchitectureTest::under))
                .toArray(String[]::new);
        check(classes().should().resideInAnyPackage(known));
    }

    @Test
    void onlyTheNetworkPackagesSeeNetty() {
        check(onlyIn("io.netty..", "protocol", "shard", "connection", "transport", "bench"));
    }

    @Test
    void onlyThePluginPackageSeesPf4j() {
        // The SPI's factories extend pf4j's marker interface, so a class that names one depends on ExtensionPoint.
        DescribedPredicate<JavaClass> pf4j = resideInAPackage("org.pf4j..")
                .and(DescribedPredicate.not(JavaClass.Predicates.simpleName("ExtensionPoint")));
        check(noClasses()
                .that()
                .resideOutsideOfPackages(under("plugin"))
                .should()
                .dependOnClassesThat(pf4j.as("classes of pf4j other than ExtensionPoint")));
    }

    @Test
    void onlyTheConfigPackageSeesYaml() {
        check(onlyIn("org.yaml..", "config"));
    }

    @Test
    void onlyTheJournalAndTheCommandLineSeeJackson() {
        check(onlyIn("com.fasterxml.jackson..", "journal", "cli"));
    }

    @Test
    void onlyTheCommandLineSeesPicocli() {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(ROOT, under("cli"), under("bench"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli.."));
    }

    @Test
    void onlyTheCommandLineWritesToTheConsole() {
        check(noClasses()
                .that(resideOutside(under("cli")).and(DescribedPredicate.not(isMain())))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err"));
    }

    private static ArchRule onlyIn(String library, String... packages) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(
                        Stream.of(packages).map(ArchitectureTest::under).toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }

    private static DescribedPredicate<JavaClass> resideOutside(String packages) {
        return DescribedPredicate.not(resideInAPackage(packages));
    }

    private static DescribedPredicate<JavaClass> isMain() {
        return DescribedPredicate.describe(
                "are Main or inside it",
                c -> c.getName().equals(ROOT + ".Main") || c.getName().startsWith(ROOT + ".Main$"));
    }

    private static String[] upTo(String name) {
        return ORDER.subList(0, ORDER.indexOf(name) + 1).stream()
                .map(ArchitectureTest::under)
                .toArray(String[]::new);
    }

    private static String under(String name) {
        return ROOT + "." + name + "..";
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(core);
    }
}
