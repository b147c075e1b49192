package peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import hex.genmodel.MojoModel;
import hex.genmodel.easy.EasyPredictModelWrapper;
import hex.genmodel.easy.RowData;
import hex.genmodel.easy.exception.PredictException;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A house as JSON in, the same house with its price out. */
final class Pricer {
    private static final Logger LOG = LoggerFactory.getLogger(Pricer.class);

    private final ObjectMapper mapper = new ObjectMapper();
    private final EasyPredictModelWrapper model;
    private final String[] columns;

    private Pricer(EasyPredictModelWrapper model) {
        this.model = model;
        this.columns = model.m.getNames();
    }

    /** Reads a MOJO. Levels that training never saw are missing values, as they are by default on the other side. */
    static Pricer load(Path mojo) throws IOException {
        EasyPredictModelWrapper.Config config = new EasyPredictModelWrapper.Config()
                .setModel(MojoModel.load(mojo.toString()))
                .setConvertUnknownCategoricalLevelsToNa(true);
        return new Pricer(new EasyPredictModelWrapper(config));
    }

    /** The record with the field {@code selling_price}, or null after a line in the log if it can't be priced. */
    byte[] price(byte[] record) {
        try {
            if (record == null || !(mapper.readTree(record) instanceof ObjectNode house)) {
                LOG.warn("A record is left out: it is no JSON object");
                return null;
            }
            house.put("selling_price", model.predictRegression(row(house)).value);
            return mapper.writeValueAsBytes(house);
        } catch (JsonProcessingException exception) {
            LOG.warn("A record is left out: it is no JSON");
        } catch (IOException | PredictException exception) {
            LOG.warn("A record is left out: {}", exception.getClass().getName());
        }
        return null;
    }

    private RowData row(ObjectNode house) {
        RowData row = new RowData();
        // The last name is the response's.
        for (int column = 0; column < columns.length - 1; column++) {
            JsonNode value = house.get(columns[column]);
            if (value == null || value.isNull()) {
                continue;
            }
            if (value.isNumber()) {
                row.put(columns[column], value.doubleValue());
            } else if (value.isBoolean()) {
                row.put(columns[column], value.booleanValue() ? "yes" : "no");
            } else {
                row.put(columns[column], value.asText());
            }
        }
        return row;
    }
}
