import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Checks two folders to which the same artifacts were deployed: that they are the same byte for byte, and have what Maven
 * Central and users of modules require. Prints what is wrong, or a summary with the licences of all dependencies.
 *
 * <pre>java CheckStaged.java VERSION FOLDER FOLDER ARTIFACT ...</pre>
 */
final class CheckStaged {
    private static final String GROUP = "io.github.nettybpf";
    private static final String PARENT = "netty-bpf";

    /** Licences that dependencies may have, as SPDX names them; of several one suffices. */
    private static final Set<String> LICENCES =
            Set.of("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "0BSD", "CC0-1.0", "MIT");

    private static final Pattern COMPONENT = Pattern.compile(
            "\"name\" : \"([^\"]+)\",\\s+\"version\" : \"([^\"]+)\".*?\"licenses\" : \\[(.*?)\\]", Pattern.DOTALL);
    private static final Pattern LICENCE = Pattern.compile("\"(?:id|name|expression)\" : \"([^\"]+)\"");

    private final String version;
    private final Path staged;
    private final List<String> problems = new ArrayList<>();
    private final TreeMap<String, TreeSet<String>> licences = new TreeMap<>();

    private CheckStaged(String version, Path staged) {
        this.version = version;
        this.staged = staged;
    }

    public static void main(String[] args) throws Exception {
        CheckStaged check = new CheckStaged(args[0], Path.of(args[1]));
        List<String> artifacts = Arrays.asList(args).subList(3, args.length);
        int same = check.compare(Path.of(args[2]));
        check.requirePom(PARENT);
        for (String artifact : artifacts) {
            check.requirePom(artifact);
            if (!artifact.endsWith("-bom")) {
                check.requireJars(artifact);
                check.requireLicences(artifact);
            }
        }
        check.requireManaged(artifacts);
        if (!check.problems.isEmpty()) {
            check.problems.forEach(System.out::println);
            System.exit(1);
        }
        System.out.println(same + " files are the same in both builds");
        check.licences.forEach((licence, names) -> System.out.println(licence + ": " + String.join(", ", names)));
    }

    private void require(boolean is, String where, String problem) {
        if (!is) {
            problems.add(where + ": " + problem);
        }
    }

    /** {@return the number of files that are the same in the other folder} Metadata has the time; one folder is signed. */
    private int compare(Path other) throws IOException {
        TreeSet<String> files = new TreeSet<>(files(staged));
        TreeSet<String> others = new TreeSet<>(files(other));
        TreeSet<String> single = new TreeSet<>(files);
        single.addAll(others);
        single.removeIf(each -> files.contains(each) && others.contains(each));
        require(single.isEmpty(), staged + " and " + other, "only one of them has " + single);
        int same = 0;
        for (String each : files) {
            if (others.contains(each)) {
                long difference = Files.mismatch(staged.resolve(each), other.resolve(each));
                require(difference < 0, each, "the two builds differ at byte " + difference);
                same++;
            }
        }
        return same;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(each -> folder.relativize(each).toString())
                    .filter(each -> !each.contains("maven-metadata") && !each.contains(".asc"))
                    .toList();
        }
    }

    private Path file(String artifact, String suffix) {
        return staged.resolve(GROUP.replace('.', '/'))
                .resolve(artifact)
                .resolve(version)
                .resolve(artifact + "-" + version + suffix);
    }

    private boolean requireFile(Path file) throws Exception {
        String name = file.getFileName().toString();
        if (!Files.isRegularFile(file)) {
            require(false, name, "is not there");
            return false;
        }
        for (String[] sum : new String[][] {{".md5", "MD5"}, {".sha1", "SHA-1"}}) {
            Path of = file.resolveSibling(name + sum[0]);
            byte[] digest = MessageDigest.getInstance(sum[1]).digest(Files.readAllBytes(file));
            require(
                    Files.exists(of)
                            && Files.readString(of).strip().equals(HexFormat.of().formatHex(digest)),
                    name,
                    "has no " + sum[1] + " that is right");
        }
        return true;
    }

    /** What Central requires of a POM, or of its parent's; and that the SCM is that of the group id's account. */
    private void requirePom(String artifact) throws Exception {
        Path file = file(artifact, ".pom");
        if (!requireFile(file)) {
            return;
        }
        String name = file.getFileName().toString();
        Element pom = pom(file);
        Element parent = child(pom, "parent") == null ? null : pom(file(PARENT, ".pom"));
        for (String required : List.of("name", "description")) {
            require(child(pom, required) != null, name, "has no " + required);
        }
        for (String required : List.of("url", "licenses", "developers", "scm")) {
            require(
                    child(pom, required) != null || parent != null && child(parent, required) != null,
                    name,
                    "neither it nor its parent has " + required);
        }
        require(!Files.readString(file).contains("-SNAPSHOT"), name, "has a snapshot");
        require(child(pom, "repositories") == null, name, "has repositories");
        if (parent == null) {
            String account = "github.com[:/]" + GROUP.substring("io.github.".length()) + "/.*";
            Element scm = child(pom, "scm");
            for (Node each : List.of(
                    child(pom, "url"), child(scm, "url"), child(scm, "connection"), child(scm, "developerConnection"))) {
                require(
                        each.getTextContent().matches(".*" + account),
                        name,
                        each.getTextContent() + " (expected: of the account of " + GROUP + ")");
            }
        }
    }

    private void requireManaged(List<String> artifacts) throws Exception {
        Element management = child(pom(file("bpf-bom", ".pom")), "dependencyManagement");
        List<String> managed = children(child(management, "dependencies")).stream()
                .map(each -> child(each, "artifactId").getTextContent())
                .toList();
        List<String> expected =
                artifacts.stream().filter(each -> !each.equals("bpf-bom")).toList();
        require(managed.equals(expected), "bpf-bom", "manages " + managed + " (expected: " + expected + ")");
        try (Stream<Path> all = Files.list(staged.resolve(GROUP.replace('.', '/')))) {
            Set<String> found = all.map(each -> each.getFileName().toString()).collect(Collectors.toSet());
            Set<String> wanted = new TreeSet<>(artifacts);
            wanted.add(PARENT);
            require(found.equals(wanted), staged.toString(), "has " + found + " (expected: " + wanted + ")");
        }
    }

    private void requireJars(String artifact) throws Exception {
        for (String suffix : List.of(".jar", "-sources.jar", "-javadoc.jar", "-cyclonedx.json")) {
            if (!requireFile(file(artifact, suffix))) {
                return;
            }
        }
        Path jar = file(artifact, ".jar");
        String name = jar.getFileName().toString();
        ModuleDescriptor module = ModuleFinder.of(jar).findAll().iterator().next().descriptor();
        String expected = GROUP + "." + artifact.substring("bpf-".length());
        require(
                module.name().equals(expected) && !module.isAutomatic(),
                name,
                "is module " + module.name() + " (expected: module-info of " + expected + ")");
        try (JarFile file = new JarFile(jar.toFile())) {
            String implementation = file.getManifest().getMainAttributes().getValue("Implementation-Version");
            require(version.equals(implementation), name, "Implementation-Version is " + implementation);
            for (String each : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
                require(file.getEntry(each) != null, name, "has no " + each);
            }
        }
        Set<String> exported = module.exports().stream()
                .filter(each -> !each.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toCollection(TreeSet::new));
        try (JarFile javadoc = new JarFile(file(artifact, "-javadoc.jar").toFile())) {
            Set<String> described = javadoc.stream()
                    .map(each -> each.getName())
                    .filter(each -> each.endsWith("/package-summary.html"))
                    .map(each -> each.substring(0, each.lastIndexOf('/')).replace('/', '.'))
                    .collect(Collectors.toCollection(TreeSet::new));
            // The command has no API; its Javadoc is that of its package.
            require(
                    exported.isEmpty() || described.equals(exported),
                    artifact + "-javadoc",
                    "describes " + described + " (expected: the exported packages, " + exported + ")");
        }
    }

    private void requireLicences(String artifact) throws IOException {
        Path sbom = file(artifact, "-cyclonedx.json");
        String text = Files.readString(sbom);
        int components = text.indexOf("\n  \"components\" : [");
        int dependencies = text.indexOf("\n  \"dependencies\" : [");
        require(components > 0 && components < dependencies, sbom.toString(), "has no components");
        Matcher component = COMPONENT.matcher(text.substring(components, dependencies));
        int count = 0;
        while (component.find()) {
            count++;
            String name = component.group(1) + " " + component.group(2);
            TreeSet<String> of = new TreeSet<>();
            Matcher licence = LICENCE.matcher(component.group(3));
            while (licence.find()) {
                of.add(licence.group(1));
            }
            require(of.stream().anyMatch(LICENCES::contains), artifact, name + " has the licences " + of);
            if (!component.group(1).startsWith("bpf-")) {
                licences.computeIfAbsent(String.join(" or ", of), unused -> new TreeSet<>()).add(name);
            }
        }
        int all = text.substring(components, dependencies).split("\"purl\" : ", -1).length - 1;
        require(count == all, artifact, count + " components have a licence (expected: " + all + ")");
    }

    private static Element pom(Path file) throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
            return document.getDocumentElement();
        }
    }

    private static Element child(Element parent, String name) {
        return children(parent).stream()
                .filter(each -> each.getTagName().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static List<Element> children(Element parent) {
        List<Element> found = new ArrayList<>();
        for (Node each = parent.getFirstChild(); each != null; each = each.getNextSibling()) {
            if (each instanceof Element element) {
                found.add(element);
            }
        }
        return found;
    }
}
