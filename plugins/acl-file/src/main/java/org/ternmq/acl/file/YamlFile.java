package org.ternmq.acl.file;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.ternmq.spi.QoS;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads a file of roles, users and groups, strictly: what it does not know is wrong. Nothing is constructed from tags.
 *
 * <p>Whatever is wrong is noted and passed over, so that all of it is said at once; such a file is refused as a whole, since
 * half of its rules would allow or deny what nobody meant. Used once.
 */
final class YamlFile {
    private static final int MAX_CODE_POINTS = 32 << 20;
    private static final int MAX_DEPTH = 20;
    /** Behind every position in a file. */
    private static final int AFTER_ALL = 1 << 26;

    private static final List<String> KEYS = List.of("evaluation", "roles", "users", "groups", "anonymous", "everyone");
    private static final List<String> GROUP_KEYS = List.of("attribute", "separator", "roles");
    private static final List<String> RULE_KEYS = List.of("allow", "deny", "topic", "qos", "retain");
    private static final Map<String, Action> ACTIONS = actions();

    private static Map<String, Action> actions() {
        Map<String, Action> actions = new LinkedHashMap<>();
        for (Action action : List.of(Action.PUBLISH, Action.SUBSCRIBE, Action.RECEIVE)) {
            actions.put(action.name().toLowerCase(Locale.ROOT), action);
        }
        return actions;
    }

    private final Path file;
    private final Findings findings;
    private final Map<String, RuleSet> roles = new HashMap<>();
    private boolean denyWins;

    private YamlFile(Path file) {
        this.file = file;
        this.findings = new Findings(file);
    }

    /**
     * Reads a text.
     *
     * @throws org.ternmq.spi.ConfigurationException with everything that is wrong, each with line and column
     */
    static AccessList read(Path file, String text) {
        YamlFile reader = new YamlFile(file);
        Optional<AccessList> read = reader.compose(text).map(reader::document);
        reader.findings.throwIfAny();
        return read.orElseThrow();
    }

    private Optional<Node> compose(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_CODE_POINTS);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMergeOnCompose(false);
        try {
            Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(text));
            if (root == null) {
                findings.add("evaluation: missing (first-match or deny-wins); the file is empty");
            }
            return Optional.ofNullable(root);
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
            if (mark == null) {
                findings.add("not valid YAML: " + e.getProblem());
            } else {
                findings.add(mark, "", "not valid YAML: " + e.getProblem());
            }
        } catch (YAMLException e) {
            findings.add("not valid YAML: " + e.getMessage());
        }
        return Optional.empty();
    }

    private AccessList document(Node root) {
        Map<String, Node> keys = block(root, "", KEYS);
        Node evaluation = keys.get("evaluation");
        if (evaluation == null) {
            findings.add(root.getStartMark(), "evaluation", "missing (first-match or deny-wins)");
        } else {
            List<String> orders = List.of("first-match", "deny-wins");
            String order = word(evaluation, "evaluation");
            if (!orders.contains(order)) {
                findings.add(
                        evaluation.getStartMark(),
                        "evaluation",
                        "unknown '" + order + "'" + Findings.hint(order, orders));
            }
            denyWins = order.equals("deny-wins");
        }
        Node roleBlock = keys.get("roles");
        if (roleBlock != null) {
            block(roleBlock, "roles", null).forEach((name, rules) -> {
                String path = "roles." + name;
                List<Rule> read = new ArrayList<>();
                items(rules, path).forEach(item -> read.addAll(rules(item.node(), item.path())));
                roles.put(name, new RuleSet(read));
            });
        }
        Node groups = keys.get("groups");
        return new AccessList.Roles(
                members(keys.get("users"), "users"),
                groups == null ? Optional.empty() : Optional.of(groups(groups)),
                sets(keys.get("anonymous"), "anonymous"),
                sets(keys.get("everyone"), "everyone"));
    }

    private AccessList.Groups groups(Node node) {
        Map<String, Node> keys = block(node, "groups", GROUP_KEYS);
        Node attribute = keys.get("attribute");
        if (attribute == null) {
            findings.add(node.getStartMark(), "groups.attribute", "missing");
        }
        Node separator = keys.get("separator");
        return new AccessList.Groups(
                attribute == null ? "" : word(attribute, "groups.attribute"),
                separator == null ? "" : word(separator, "groups.separator"),
                members(keys.get("roles"), "groups.roles"));
    }

    /** Names, and the roles and rules that each of them has. */
    private Map<String, List<RuleSet>> members(@Nullable Node node, String path) {
        Map<String, List<RuleSet>> members = new HashMap<>();
        if (node != null) {
            block(node, path, null).forEach((name, list) -> members.put(name, sets(list, path + "." + name)));
        }
        return Map.copyOf(members);
    }

    /** A list of roles by name, and of rules. */
    private List<RuleSet> sets(@Nullable Node node, String path) {
        List<RuleSet> sets = new ArrayList<>();
        List<Rule> own = new ArrayList<>();
        for (Item item : node == null ? List.<Item>of() : items(node, path)) {
            if (item.node() instanceof MappingNode) {
                own.addAll(rules(item.node(), item.path()));
                continue;
            }
            String name = word(item.node(), item.path());
            RuleSet role = roles.get(name);
            if (role != null) {
                sets.add(role);
            } else if (!name.isEmpty()) {
                findings.add(
                        item.node().getStartMark(),
                        item.path(),
                        "there is no role '" + name + "'" + Findings.hint(name, new TreeSet<>(roles.keySet())));
            }
        }
        if (!own.isEmpty()) {
            sets.add(new RuleSet(own));
        }
        return List.copyOf(sets);
    }

    // ---- rules

    /** A rule for each topic filter of one entry; none if something is wrong with it. */
    private List<Rule> rules(Node node, String path) {
        Map<String, Node> keys = block(node, path, RULE_KEYS);
        if (!(node instanceof MappingNode)) {
            return List.of();
        }
        Node allow = keys.get("allow");
        Node deny = keys.get("deny");
        Node verb = allow != null ? allow : deny;
        Node topics = keys.get("topic");
        if (verb == null || (allow != null && deny != null)) {
            findings.add(node.getStartMark(), path, "a rule has either allow or deny");
        }
        if (topics == null) {
            findings.add(node.getStartMark(), path + ".topic", "missing");
        }
        if (verb == null || topics == null) {
            return List.of();
        }
        boolean allows = allow != null;
        String word = allows ? "allow" : "deny";
        Set<Action> actions = actions(verb, path + "." + word);
        int requests = requests(allows, actions, keys, path);
        List<Rule> rules = new ArrayList<>();
        for (Item item : some(topics, path + ".topic")) {
            String topic = word(item.node(), item.path());
            Mark mark = item.node().getStartMark();
            try {
                Template template = Template.parse(topic);
                String words = Findings.place(file, mark) + ": " + word + " " + names(actions) + conditions(keys)
                        + " on '" + topic + "'";
                int order = mark.getIndex() + (denyWins && allows ? AFTER_ALL : 0);
                rules.add(new Rule(order, allows, requests, template, words));
            } catch (IllegalArgumentException e) {
                findings.add(mark, item.path(), "'" + topic + "' is no topic filter: " + e.getMessage());
            }
        }
        return rules;
    }

    private static String names(Set<Action> actions) {
        List<String> names = new ArrayList<>();
        ACTIONS.forEach((name, action) -> {
            if (actions.contains(action)) {
                names.add(name);
            }
        });
        return String.join(", ", names);
    }

    private static String conditions(Map<String, Node> keys) {
        StringBuilder conditions = new StringBuilder();
        for (String key : List.of("qos", "retain")) {
            Node node = keys.get(key);
            if (node instanceof ScalarNode scalar) {
                conditions.append(", ").append(key).append(' ').append(scalar.getValue());
            } else if (node instanceof SequenceNode sequence) {
                conditions.append(", ").append(key);
                for (Node each : sequence.getValue()) {
                    conditions.append(' ').append(each instanceof ScalarNode scalar ? scalar.getValue() : "?");
                }
            }
        }
        return conditions.toString();
    }

    private Set<Action> actions(Node node, String path) {
        Set<Action> actions = new LinkedHashSet<>();
        for (Item item : some(node, path)) {
            String name = word(item.node(), item.path());
            Action action = ACTIONS.get(name);
            if (action != null) {
                actions.add(action);
            } else if (!name.isEmpty()) {
                findings.add(
                        item.node().getStartMark(),
                        item.path(),
                        "unknown action '" + name + "'" + Findings.hint(name, ACTIONS.keySet()));
            }
        }
        return actions;
    }

    private int requests(boolean allow, Set<Action> actions, Map<String, Node> keys, String path) {
        Set<QoS> levels = levels(keys.get("qos"), path + ".qos");
        Node retain = keys.get("retain");
        int requests = 0;
        if (retain == null) {
            requests |= actions.contains(Action.PUBLISH) ? Action.PUBLISH.bits(levels) : 0;
        } else {
            String text = word(retain, path + ".retain");
            if (!text.equals("true") && !text.equals("false")) {
                findings.add(retain.getStartMark(), path + ".retain", "expected true or false, found '" + text + "'");
            } else if (!actions.equals(Set.of(Action.PUBLISH))) {
                findings.add(retain.getStartMark(), path + ".retain", "is for rules on publish alone");
            }
            requests |= Action.PUBLISH.bits(levels, text.equals("true"));
        }
        if (actions.contains(Action.SUBSCRIBE)) {
            requests |= Action.SUBSCRIBE.bits(levels);
            // Who may subscribe with QoS 1 is sent messages with QoS 0 as well.
            requests |= Action.DELIVERY.bits(allow ? upTo(levels) : levels);
        }
        if (actions.contains(Action.RECEIVE)) {
            requests |= Action.RECEIVE.bits(levels);
        }
        return requests;
    }

    private static Set<QoS> upTo(Set<QoS> levels) {
        Set<QoS> all = new LinkedHashSet<>();
        for (QoS qos : QoS.values()) {
            if (levels.stream().anyMatch(level -> level.value() >= qos.value())) {
                all.add(qos);
            }
        }
        return all;
    }

    private Set<QoS> levels(@Nullable Node node, String path) {
        if (node == null) {
            return Set.of(QoS.values());
        }
        Set<QoS> levels = new LinkedHashSet<>();
        for (Item item : some(node, path)) {
            String text = word(item.node(), item.path());
            if (text.matches("[012]")) {
                levels.add(QoS.of(Integer.parseInt(text)));
            } else if (!text.isEmpty()) {
                findings.add(item.node().getStartMark(), item.path(), "expected 0, 1 or 2, found '" + text + "'");
            }
        }
        return levels;
    }

    // ---- YAML

    private record Item(Node node, String path) {}

    /** The elements of a list that must have some: an empty one would make a rule that says nothing. */
    private List<Item> some(Node node, String path) {
        List<Item> items = items(node, path);
        if (items.isEmpty()) {
            findings.add(node.getStartMark(), path, "the list is empty");
        }
        return items;
    }

    /** The elements of a list; a value that is no list is a list of one. */
    private List<Item> items(Node node, String path) {
        if (!(node instanceof SequenceNode sequence)) {
            return List.of(new Item(node, path));
        }
        if (!node.getTag().equals(Tag.SEQ)) {
            findings.add(node.getStartMark(), path, "expected a list, found " + describe(node));
        }
        List<Item> items = new ArrayList<>();
        for (Node each : sequence.getValue()) {
            items.add(new Item(each, path + "[" + items.size() + "]"));
        }
        return items;
    }

    /** The keys of a block; known ones only, if it is said which are. */
    private Map<String, Node> block(Node node, String path, @Nullable List<String> known) {
        Map<String, Node> keys = new LinkedHashMap<>();
        if (!(node instanceof MappingNode mapping) || !node.getTag().equals(Tag.MAP)) {
            findings.add(node.getStartMark(), path, "expected a block of keys, found " + describe(node));
            return keys;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            Node keyNode = tuple.getKeyNode();
            Mark mark = keyNode.getStartMark();
            if (!(keyNode instanceof ScalarNode key) || keyNode.getTag().equals(Tag.MERGE)) {
                findings.add(mark, path, "a key must be plain text");
                continue;
            }
            String name = key.getValue();
            String keyPath = path.isEmpty() ? name : path + "." + name;
            if (known != null && !known.contains(name)) {
                findings.add(mark, keyPath, "unknown key" + Findings.hint(name, known));
            } else if (keys.putIfAbsent(name, tuple.getValueNode()) != null) {
                findings.add(mark, keyPath, "written twice");
            }
        }
        return keys;
    }

    /** A text that is not empty; empty after a problem. */
    private String word(Node node, String path) {
        if (node instanceof ScalarNode scalar
                && !scalar.getTag().equals(Tag.NULL)
                && scalar.getTag().startsWith(Tag.PREFIX)
                && !scalar.getValue().isEmpty()) {
            return scalar.getValue();
        }
        findings.add(node.getStartMark(), path, "expected a word, found " + describe(node));
        return "";
    }

    private static String describe(Node node) {
        if (!node.getTag().startsWith(Tag.PREFIX)) {
            return "the tag '" + node.getTag() + "'";
        }
        if (node instanceof MappingNode) {
            return "a block of keys";
        }
        if (node instanceof SequenceNode) {
            return "a list";
        }
        return node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()
                ? "'" + scalar.getValue() + "'"
                : "nothing";
    }
}
