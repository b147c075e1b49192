import hex.genmodel.GenModel;
import hex.genmodel.MojoModel;
import hex.genmodel.easy.EasyPredictModelWrapper;
import hex.genmodel.easy.RowData;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * H2O's scoring behind the harness's protocol: {@code Subject ROWS_FILE pojo|mojo|easy-pojo|easy-mojo [MOJO_FILE]}.
 *
 * <p>The POJO's class is {@code Pojo}. No call of H2O's takes a batch.
 */
public final class Subject {
    private static final int COLUMNS = 28;
    private static final int ROWS = 20_000;

    /** Scores the row of an index. */
    private interface Scorer {
        double score(int row) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        double[][] rows = readRows(Path.of(arguments[0]));
        Scorer scorer = scorer(arguments[1], arguments[2], rows);
        double[] answers = new double[ROWS];
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ready");
        int next = 0;
        for (String line; (line = commands.readLine()) != null; ) {
            String[] words = line.split(" ", 3);
            if (words[0].equals("check")) {
                score(scorer, answers, 0, ROWS);
                write(answers, Path.of(words[2]));
                System.out.println("checked");
            } else {
                int count = Integer.parseInt(words[2]);
                long begun = threads.getCurrentThreadCpuTime();
                next = score(scorer, answers, next, count);
                System.out.println((threads.getCurrentThreadCpuTime() - begun) / (double) count);
            }
        }
    }

    private static Scorer scorer(String kind, String mojo, double[][] rows) throws Exception {
        GenModel model =
                kind.endsWith("mojo")
                        ? MojoModel.load(mojo)
                        : (GenModel) Class.forName("Pojo").getDeclaredConstructor().newInstance();
        if (kind.startsWith("easy-")) {
            EasyPredictModelWrapper wrapper = new EasyPredictModelWrapper(model);
            RowData[] data = rowData(model, rows);
            return row -> wrapper.predictRegression(data[row]).value;
        }
        double[] prediction = new double[model.getPredsSize()];
        return row -> model.score0(rows[row], prediction)[0];
    }

    /** Made before anything is timed, so that only H2O's own work is. */
    private static RowData[] rowData(GenModel model, double[][] rows) {
        String[] names = model.getNames();
        RowData[] data = new RowData[rows.length];
        for (int row = 0; row < rows.length; row++) {
            data[row] = new RowData();
            for (int column = 0; column < COLUMNS; column++) {
                data[row].put(names[column], rows[row][column]);
            }
        }
        return data;
    }

    private static int score(Scorer scorer, double[] answers, int first, int count) throws Exception {
        int row = first;
        for (int done = 0; done < count; done++) {
            answers[row] = scorer.score(row);
            row = row + 1 == ROWS ? 0 : row + 1;
        }
        return row;
    }

    private static double[][] readRows(Path file) throws Exception {
        DoubleBuffer numbers =
                ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
        double[][] rows = new double[ROWS][COLUMNS];
        for (double[] row : rows) {
            numbers.get(row);
        }
        return rows;
    }

    private static void write(double[] answers, Path file) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(answers.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(answers);
        Files.write(file, bytes.array());
    }
}
