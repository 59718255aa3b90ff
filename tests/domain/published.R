# Estimates, standard errors, degrees of freedom and p-values of published examples, a line each; needs lme4 and pbkrtest.
suppressMessages({ library(lme4); library(pbkrtest) })
told <- function(name, value, error, df) cat(name, value, error, df, 2 * pt(-abs(value / error), df), "\n", sep = "\t")
# A combination of fixed effects of a linear mixed model by Kenward and Roger.
linear <- function(name, model, weights) {
  adjusted <- as.matrix(vcovAdj(model))
  df <- Lb_ddf(weights, vcov(model), vcovAdj(model))
  told(name, sum(weights * fixef(model)), sqrt(drop(weights %*% adjusted %*% weights)), df)
}
# Of a model of counts: glmer's default tolerance of 1e-7 is too coarse for the curvature of its deviance.
fine <- glmerControl(tolPwrss = 1e-12)
counted <- function(name, model, weights) {
  covariance <- suppressWarnings(as.matrix(vcov(model, use.hessian = FALSE)))
  told(name, sum(weights * fixef(model)), sqrt(drop(weights %*% covariance %*% weights)), Inf)
}
plain <- function(data) { data <- as.data.frame(data); for (n in names(data)) if (is.ordered(data[[n]])) data[[n]] <- factor(data[[n]], ordered = FALSE); data }

linear("Dyestuff", lmer(Yield ~ 1 + (1 | Batch), Dyestuff), 1)
linear("Pastes", lmer(strength ~ 1 + (1 | batch / cask), Pastes), 1)
oats <- plain(nlme::Oats); oats$n <- factor(oats$nitro)
oats$Variety <- factor(oats$Variety, levels = c("Victory", "Golden Rain", "Marvellous"))
linear("Oats", suppressMessages(lmer(yield ~ n + (1 | Block / n), oats)), c(0, 1, 0, 0))
split <- lmer(yield ~ 0 + n:Variety + (1 | Block / Variety), oats)
linear("Oats split-plot, nitrogen", split, rep(c(-1, 1, 0, 0), 3) / 3)
linear("Oats split-plot, variety", split, c(rep(-1, 4), rep(0, 4), rep(1, 4)) / 4)
sleep.of <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
linear("sleepstudy", sleep.of, c(0, 1))
children <- plain(nlme::Orthodont); children$Sex <- factor(children$Sex, levels = c("Male", "Female"))
children$a <- factor(children$age)
orthodont <- lmer(distance ~ 0 + a:Sex + (1 | Subject), children)
linear("Orthodont, sex", orthodont, c(rep(-1, 4), rep(1, 4)) / 4)
linear("Orthodont, trends", orthodont, c(3, 1, -1, -3, -3, -1, 1, 3) / 20)
linear("Machines", lmer(score ~ Machine + (1 | Worker / Machine), plain(nlme::Machines)), c(0, 1, 0))
linear("ergoStool", lmer(effort ~ Type + (1 | Subject), plain(nlme::ergoStool)), c(0, 0, 1, 0))
hours <- with(sleep, extra[group == 2] - extra[group == 1])
told("sleep", mean(hours), sd(hours) / sqrt(10), 9)

herds <- glmer(cbind(incidence, size - incidence) ~ period + (1 | herd), cbpp, binomial, control = fine)
counted("cbpp", herds, c(0, 1, 0, 0))
sprays <- transform(InsectSprays, plot = factor(seq_len(72)))
counted("InsectSprays", glmer(count ~ spray + (1 | plot), sprays, poisson, control = fine), c(0, 0, 0, 1, 0, 0))
looms <- transform(warpbreaks, loom = factor(seq_len(54)))
warp <- glmer(breaks ~ wool * tension + (1 | loom), looms, poisson, control = fine)
counted("warpbreaks, wool × tension", warp, c(0, 0, 0, 0, 1, 0))
patients <- transform(MASS::epil, visit = factor(seq_len(236)), when = factor(period))
seizures <- glmer(y ~ trt * when + (1 | subject) + (1 | visit), patients, poisson, control = fine)
counted("epil, drug × period", seizures, c(0, 0, 0, 0, 0, 1, 0, 0))
counted("epil, drug", seizures, c(0, 1, 0, 0, 0, 1 / 4, 1 / 4, 1 / 4))
