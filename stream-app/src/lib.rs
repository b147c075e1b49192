//! Scores Kafka records with compiled-in models: consume, score, produce.
