package org.ternmq.broker.config;

import java.io.Reader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
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
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML text to {@link ConfigNode}s. Nothing is ever constructed from tags; aliases, depth and size are bounded. Used by the
 * thread that loads the configuration, for one text.
 */
final class YamlReader {
    private static final int MAX_CODE_POINTS = 4 << 20;
    private static final int MAX_DEPTH = 50;
    /** Counts a node once per alias: what a few lines of nested aliases could blow up without bound. */
    private static final int MAX_NODES = 200_000;

    private static final Set<Tag> PLAIN_TAGS =
            Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.TIMESTAMP, Tag.SEQ, Tag.MAP, Tag.MERGE);

    private final String source;
    private final boolean lines;
    private final Variables variables;
    private final Problems problems;
    private final Set<Node> open = new HashSet<>();
    private int nodes;

    /**
     * For one text.
     *
     * @param source how to name it in problems
     * @param lines whether line and column mean something to its author
     */
    YamlReader(String source, boolean lines, Variables variables, Problems problems) {
        this.source = source;
        this.lines = lines;
        this.variables = variables;
        this.problems = problems;
    }

    /** The one document of the text; null if there is none, or none that can be used, which is then a problem. */
    @Nullable
    ConfigNode read(Reader text, String path) {
        try {
            Node root = yaml().compose(text);
            return root == null ? null : convert(root, path);
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
            problems.configuration(origin(mark), path, "not valid YAML: " + e.getProblem());
        } catch (YAMLException e) {
            problems.configuration(Origin.of(source), path, "not valid YAML: " + e.getMessage());
        } catch (TooLargeException e) {
            problems.configuration(e.origin, path, "more than " + MAX_NODES + " values, counting what aliases repeat");
        }
        return null;
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_CODE_POINTS);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setMergeOnCompose(false);
        DumperOptions dumper = new DumperOptions();
        return new Yaml(new SafeConstructor(options), new Representer(dumper), dumper, options, new Resolver());
    }

    private ConfigNode convert(Node node, String path) {
        Origin at = origin(node.getStartMark());
        if (++nodes > MAX_NODES) {
            throw new TooLargeException(at);
        }
        if (!PLAIN_TAGS.contains(node.getTag())) {
            problems.configuration(at, path, "tags are not allowed, found '" + node.getTag() + "'");
            return new ConfigNode.Unusable(at);
        }
        if (!open.add(node)) {
            problems.configuration(at, path, "contains itself through an alias");
            return new ConfigNode.Unusable(at);
        }
        try {
            if (node instanceof ScalarNode scalar) {
                return scalar(scalar, at, path);
            }
            if (node instanceof SequenceNode sequence) {
                List<ConfigNode> items = new ArrayList<>();
                for (Node item : sequence.getValue()) {
                    items.add(convert(item, path + "[" + items.size() + "]"));
                }
                return new ConfigNode.Sequence(at, items);
            }
            return mapping((MappingNode) node, at, path);
        } finally {
            open.remove(node);
        }
    }

    private ConfigNode scalar(ScalarNode node, Origin at, String path) {
        if (node.getTag().equals(Tag.NULL)) {
            return new ConfigNode.Empty(at);
        }
        return variables.replace(at, path, node.getValue(), problems);
    }

    private ConfigNode mapping(MappingNode node, Origin at, String path) {
        Map<String, ConfigNode.Entry> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : node.getValue()) {
            Origin keyAt = origin(tuple.getKeyNode().getStartMark());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.configuration(keyAt, path, "a key must be text");
                continue;
            }
            String name = key.getValue();
            String keyPath = Place.child(path, name);
            if (key.getTag().equals(Tag.MERGE)) {
                problems.configuration(
                        keyAt, keyPath, "merge keys are not supported; an alias can repeat a whole value");
                continue;
            }
            ConfigNode.Entry entry = new ConfigNode.Entry(keyAt, convert(tuple.getValueNode(), keyPath));
            ConfigNode.Entry first = entries.putIfAbsent(name, entry);
            if (first != null) {
                problems.configuration(
                        keyAt,
                        keyPath,
                        "written twice, first at line " + first.keyOrigin().line());
            }
        }
        return new ConfigNode.Mapping(at, entries);
    }

    private Origin origin(@Nullable Mark mark) {
        return mark == null || !lines
                ? Origin.of(source)
                : new Origin(source, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private static final class TooLargeException extends RuntimeException {
        private final Origin origin;

        TooLargeException(Origin origin) {
            super(null, null, false, false);
            this.origin = origin;
        }
    }
}
