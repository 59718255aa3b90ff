"""An R script that repeats the tests of a package from its values, without any package of R."""

REFIT = """\
# Repeats tests.csv from values.csv, and says where a p-value differs by more than a thousandth of itself.
# Rscript refit.R   (base R is enough; run it where the package is unpacked)
read <- function(name) read.csv(name, colClasses = "character", na.strings = "", check.names = FALSE,
                                fileEncoding = "UTF-8")
tests <- read("tests.csv"); values <- read("values.csv")
values$value <- as.numeric(values$value)
animals <- function(measure, condition) {
  chosen <- values[values$measure == measure & values$condition == condition, ]
  setNames(chosen$value, chosen$animal)
}
# The scale on which animals are compared: logarithms, or for ratios of densities log m + (x - m) / m (delta method).
linear <- function(x) log(mean(x)) + x / mean(x) - 1
scaled <- function(x, model) {
  if (grepl("logarithm", model)) log(x) else if (grepl("densit", model)) linear(x) else x
}
done <- 0; apart <- 0
for (row in seq_len(nrow(tests))) {
  test <- tests[row, ]
  if (is.na(test$p_value) || is.na(test$model)) next
  first <- animals(test$measure, test$first); second <- animals(test$measure, test$second)
  paired <- test$is_paired == "true"
  if (paired) {
    both <- intersect(names(first), names(second)); first <- first[both]; second <- second[both]
  }
  x <- scaled(unname(second), test$model); y <- scaled(unname(first), test$model)
  # Welch's t between animals, Student's t of differences within them.
  found <- if (paired) t.test(x - y) else t.test(x, y)
  given <- as.numeric(test$p_value)
  if (abs(found$p.value - given) > 1e-3 * given + 1e-9) {
    apart <- apart + 1
    cat(test$measure, ":", test$first, "and", test$second, "here", found$p.value, "there", given, "\\n")
  }
  done <- done + 1
}
cat(done, "tests repeated,", apart, "of them differ\\n")
# Holm's correction within families, for those without a test of all shares together first:
#   p.adjust(p, method = "holm")
# One mixed model for the whole experiment, from the dendrites (needs lme4 and lmerTest):
#   d <- read.csv("dendrites.csv"); d$cell_id[is.na(d$cell_id)] <- 0
#   lmerTest::lmer(spines_per_um ~ condition + (1 | animal) + (1 | animal:cell_id), d, weights = length_um)
"""
