"""An R script that repeats the tests and effects of a package from its values; one variance for a design needs lme4."""

from __future__ import annotations

from spines.vocabulary.measures import MEASURES

_SCRIPT = r"""# Repeats tests.csv and effects.csv from values.csv and contrasts.csv; says what differs by a thousandth.
# Rscript refit.R   (where the package is unpacked; base R, and lme4 where one variance is stated for the whole design)
read <- function(name) read.csv(name, colClasses = "character", na.strings = "", check.names = FALSE,
                                fileEncoding = "UTF-8")
tests <- read("tests.csv"); values <- read("values.csv"); effects <- read("effects.csv")
contrasts <- read("contrasts.csv"); dendrites <- read("dendrites.csv")
columns <- c(COLUMNS)
values$value <- as.numeric(values$value); contrasts$weight <- as.numeric(contrasts$weight)
animals <- function(measure, condition) {
  chosen <- values[values$measure == measure & values$condition == condition, ]
  setNames(chosen$value, chosen$animal)
}
# The scale on which animals are compared: logarithms, or for ratios of densities log m + (x - m) / m (delta method).
linear <- function(x) log(mean(x)) + x / mean(x) - 1
scaled <- function(x, model) {
  if (grepl("logarithm", model)) log(x) else if (grepl("densit", model)) setNames(linear(x), names(x)) else x
}
done <- 0; apart <- 0
check <- function(what, here, there, within = 1e-3) {
  there <- as.numeric(there)
  done <<- done + 1
  if (is.na(there) && is.na(here)) return(invisible())
  if (is.na(there) || is.na(here) || abs(here - there) > within * abs(there) + 1e-9) {
    apart <<- apart + 1
    cat(what, "here", here, "there", there, "\n")
  }
}

left <- character()
# Pairs: Welch's t between animals, Student's t of differences within them.
for (row in seq_len(nrow(tests))) {
  test <- tests[row, ]
  if (is.na(test$p_value) || is.na(test$model)) next
  if (grepl("litters", test$model)) { left <- c(left, "pairs with litters taken in"); next }
  first <- animals(test$measure, test$first); second <- animals(test$measure, test$second)
  paired <- test$is_paired == "true"
  if (paired) {
    both <- intersect(names(first), names(second)); first <- first[both]; second <- second[both]
  }
  x <- scaled(second, test$model); y <- scaled(first, test$model)
  found <- if (paired) t.test(x - y) else t.test(x, y)
  what <- paste0(test$measure, ": ", test$second, " against ", test$first, ",")
  check(paste(what, "p"), found$p.value, test$p_value)
  check(paste(what, "df"), found$parameter, test$df)
}
repeated <- done

# Holm's correction within families; class shares that were first tested together have Shaffer's.
for (family in unique(na.omit(tests$family))) {
  of <- tests[!is.na(tests$family) & tests$family == family & !is.na(tests$p_value), ]
  if (nrow(of) == 0 || !all(is.na(of$composition_p))) next
  corrected <- p.adjust(as.numeric(of$p_value), method = "holm")
  for (row in seq_len(nrow(of)))
    check(paste(family, of$first[row], of$second[row], "Holm"), corrected[row], of$p_holm[row])
}

# Effects: one number an animal, summed over groups of animals with a variance each (Welch, Satterthwaite).
of_groups <- function(effect) {
  weights <- contrasts[contrasts$effect == effect$effect, ]
  value <- variance <- of_variance <- 0
  for (group in unique(weights$group)) {
    of <- weights[weights$group == group, ]
    each <- lapply(seq_len(nrow(of)), function(i) {
      x <- animals(effect$measure, of$condition[i])
      of$weight[i] * if (grepl("logarithm", effect$model)) log(x)
                     else if (grepl("densit", effect$model)) setNames(linear(x), names(x)) else x
    })
    there <- Reduce(intersect, lapply(each, names))
    number <- Reduce(`+`, lapply(each, function(x) x[there]))
    part <- var(number) / length(number)
    value <- value + mean(number); variance <- variance + part
    of_variance <- of_variance + part^2 / (length(number) - 1)
  }
  df <- variance^2 / of_variance
  c(value = value, error = sqrt(variance), df = df, p = 2 * pt(-abs(value) / sqrt(variance), df))
}
# One variance for the whole design: the model's formula says what is random. Of densities estimate and standard error
# at the estimated variances are repeated, of means the estimate; not the degrees of freedom.
with_random <- function(effect, d, left, right, fit) {
  random <- regmatches(effect$model, gregexpr("\\(1 \\| [^)]*\\)", effect$model))[[1]]
  d$condition <- factor(d$condition, levels = unique(contrasts$condition))
  model <- fit(as.formula(paste(left, "~ 0 + condition +", paste(c(random, right), collapse = " + "))), d)
  of <- contrasts[contrasts$effect == effect$effect, ]
  weights <- setNames(rep(0, nlevels(d$condition)), levels(d$condition)); weights[of$condition] <- of$weight
  covariance <- as.matrix(suppressWarnings(vcov(model, use.hessian = FALSE)))
  c(value = sum(weights * lme4::fixef(model)), error = sqrt(drop(weights %*% covariance %*% weights)))
}
in_design <- function(d) {
  d <- d[!is.na(d$animal) & d$condition %in% contrasts$condition, ]
  if (any(is.na(d$cell))) d$cell <- ""
  d
}
of_counts <- function(effect) {
  d <- in_design(dendrites[!is.na(dendrites$length_um), ])
  d$spines <- as.numeric(d$spines); d$length_um <- as.numeric(d$length_um)
  d <- aggregate(d[c("spines", "length_um")], d[c("animal", "condition", "cell")], sum)
  with_random(effect, d, "spines", "offset(log(length_um))", function(formula, data)
    lme4::glmer(formula, data, poisson, control = lme4::glmerControl(tolPwrss = 1e-10)))
}
of_means <- function(effect) {
  d <- in_design(read("spines.csv")); d$value <- as.numeric(d[[columns[[effect$measure]]]])
  d <- d[!is.na(d$value) & !is.na(d$dendrite_id), ]
  of <- d[c("animal", "condition", "cell", "dendrite_id")]
  d <- merge(aggregate(d["value"], of, mean), setNames(aggregate(d["value"], of, length), c(names(of), "n")))
  with_random(effect, d, "value", character(), function(formula, data) lme4::lmer(formula, data, weights = n))
}
for (row in seq_len(nrow(effects))) {
  effect <- effects[row, ]
  if (is.na(effect$p_value)) next
  what <- paste0(effect$measure, ", ", effect$effect, ":")
  if (grepl("covariates or litters", effect$model)) {
    left <- c(left, "effects adjusted for covariates or litters")
  } else if (grepl("~", effect$model)) {
    counts <- grepl("^spines", effect$model)
    if (grepl("age|sex|litter", effect$model) || !requireNamespace("lme4", quietly = TRUE)) {
      left <- c(left, "a model of the whole design with covariates or litters, or without lme4"); next
    }
    if (!counts && !effect$measure %in% names(columns)) { left <- c(left, "shares in one model"); next }
    found <- suppressMessages(if (counts) of_counts(effect) else of_means(effect))
    check(paste(what, "estimate"), found["value"], effect$value, 0.01)
    if (counts) check(paste(what, "standard error"), found["error"], effect$error, 0.01)
  } else {
    found <- of_groups(effect)
    for (name in c("value", "error", "df")) check(paste(what, name), found[name], effect[[name]])
    check(paste(what, "p"), found["p"], effect$p_value)
  }
}
cat(repeated, "figures of pairs,", done - repeated, "of corrections and effects repeated;", apart, "of them differ\n")
if (length(left)) cat("Not repeated here:", paste(unique(left), collapse = "; "), "\n")
"""
REFIT = _SCRIPT.replace("COLUMNS", ", ".join(f'"{measure.axis}" = "{key}"' for key, measure in MEASURES.items()))
