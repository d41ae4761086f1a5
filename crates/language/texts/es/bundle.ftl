# Cómo decide el modelo y si sigue siendo válido aquí: las páginas /bundle y /monitor.

point-high-sensitivity = alta sensibilidad (al menos 95 %)
point-balanced = equilibrado (mayor suma de sensibilidad y especificidad)
point-high-specificity = alta especificidad (al menos 95 %)
point-nhs = NHS (sensibilidad al menos 85 %, especificidad deseada 80 %)
point-own = umbrales propios del modelo

bundle-title = Cómo decide este modelo
bundle-model = Modelo <strong>{ $name } { $version }</strong> · { $members }
bundle-fitted-to = calibración y umbrales ajustados con { $photographs }

points-title = Puntos de operación
points-meaning = Derivar más fotografías detecta más enfermedad y molesta a más personas que no la tienen. La sensibilidad es la proporción de fotografías con retinopatía moderada o más grave que se derivan; la especificidad, la proporción de las demás que no se derivan.
points-table = Tabla de puntos de operación
points-point = Punto de operación
points-sensitivity = Sensibilidad
points-specificity = Especificidad
points-refers-from = Deriva desde
points-rescreens-below = Repite cribado por debajo de
points-note = Entre paréntesis: intervalos del 95 %, remuestreando pacientes muchas veces. Todo se midió en las mismas fotografías con las que se eligieron los umbrales, lo que lo favorece; con otras cámaras y otros pacientes cabe esperar menos. «Deriva desde» y «Repite cribado por debajo de» son probabilidades de retinopatía derivable.
points-none = Este modelo no ofrece puntos de operación entre los que elegir.
points-decides = Decide ahora
points-not-measured = sin medir

lines-title = La regla, línea a línea
lines-meaning = Decide la primera línea que se cumple; el resultado indica cuál fue.
line-poor-quality = la calidad de la fotografía es inferior a { $least } sobre 1.
line-referable = la probabilidad de retinopatía derivable es { $threshold } o más.
line-unfamiliar = la fotografía queda más de { $limit } veces tan lejos de aquellas con las que aprendió el sistema como ellas en promedio.
line-unfamiliar-never = nunca, porque este modelo no sabe cómo es aquello con lo que aprendió.
line-uncertain = la { $measure } es superior a { $limit }.
line-negative = la probabilidad de retinopatía derivable es inferior a { $threshold }.
line-otherwise = en todos los demás casos.

limits-title = Cómo se eligieron los límites
limits-meaning = Todos en fotografías clasificadas con las que el modelo no aprendió:
limits-certain = Certeza suficiente
limits-certain-meaning = El límite de la { $measure }, { $limit }, está fijado de modo que el { $share } más inseguro de esas fotografías lo supere y lo vea un lector humano.
limits-familiar = Semejanza suficiente
limits-familiar-meaning = El límite de la distancia, { $limit }, está fijado de modo que lo supere el { $share } de esas fotografías. Es de alrededor de 1 para una fotografía como aquellas con las que aprendió el modelo.
limits-familiar-unknown = No se valora: este modelo no sabe cómo son las fotografías con las que aprendió.
limits-negative = Negativa con seguridad
limits-negative-meaning = El umbral está fijado de modo que como máximo el { $share } de las fotografías con retinopatía derivable quede por debajo.
limits-quality = Calidad suficiente para clasificar
limits-quality-meaning = La calidad mínima, { $least }, pertenece a la medida de la calidad y no a la red.

calibration-title = Calibración
calibration-meaning = De todas las fotografías en las que un grado recibe una probabilidad del 80 %, cuatro de cada cinco deberían tenerlo.
calibration-identity = Aquí no se hizo nada para ello: se muestran las probabilidades propias de la red.
calibration-temperature-less = Para ello, todas las respuestas de la red se hacen menos seguras de lo que salieron, con un único factor (escalado de temperatura, { $temperature }).
calibration-temperature-more = Para ello, todas las respuestas de la red se hacen más seguras de lo que salieron, con un único factor (escalado de temperatura, { $temperature }).
calibration-vector = Para ello, cada grado de la respuesta de la red se pondera con un factor y un desplazamiento propios (escalado vectorial).
calibration-isotonic = Para ello, la probabilidad de cada grado se sustituye por la frecuencia con la que el grado fue correcto con esa probabilidad (regresión isotónica).

sets-title = Qué prometen los conjuntos de predicción
sets-none = Nada: este modelo no da conjuntos de predicción.
sets-meaning = Junto al grado más probable figura un intervalo de grados, tan amplio como exige una promesa. <strong>{ $promise }</strong>
sets-fitted-to = Se ajustó con { $photographs } de { $patients } y se cumple mientras los pacientes y las cámaras sean como los de ellas. Se cumple en promedio entre los pacientes: para un grado, una cámara o un centro puede ser menos.
sets-split = El grado verdadero de al menos { $coverage } fotografías está en su conjunto.
sets-risk = En promedio, el grado verdadero queda como máximo { $grades } grados por encima del conjunto.

monitor-title = ¿Sigue siendo válido el modelo aquí?
monitor-meaning = Lo cribado últimamente frente a las fotografías con las que se validó el modelo; las respuestas de otro modelo no cuentan. Un modelo responde peor donde las cámaras, los pacientes o los operadores son otros.
monitor-nothing = El modelo no anota los grados ni la calidad de sus fotografías de validación, por lo que no hay nada con que comparar. Ajústelo de nuevo con <code>fundoscope bundle calibrate</code>.
monitor-table = Tabla de comparaciones
monitor-what = Qué se comparó
monitor-verdict = Resultado
monitor-test = Prueba
monitor-p = p corregida
monitor-counted = { $recent } del cribado reciente, { $reference }.
monitor-least = Se necesitan al menos { $least } de cada grupo antes de poder afirmar algo.
monitor-note = Una diferencia cuenta cuando es improbable que se deba al azar (p inferior a 0,01 tras la corrección de Holm por comparaciones múltiples) y lo bastante grande para importar (0,1 de la distribución). Los dos ojos de un paciente no son dos testigos, por lo que las pruebas se precipitan un poco.
monitor-too-few = Demasiado pocas fotografías para saberlo
monitor-changed = Lo que se criba ha cambiado
monitor-unchanged = Nada relevante ha cambiado
monitor-row-changed = Cambiado
monitor-row-unchanged = Como antes
monitor-row-too-few = Demasiado pocas
monitor-agreement = ¿Están de acuerdo los lectores con él?
monitor-kappa = Kappa con ponderación cuadrática entre lectores y sistema: <strong>{ $kappa }</strong>.
monitor-agreement-note = Quien revisa solo aquello de lo que el sistema dudaba lo ve en su peor momento: esa concordancia es menor sin que nada haya cambiado.

drift-moderate-share = La proporción de grados moderados o más graves
drift-mild-share = La proporción de grados leves o más graves
drift-severe-share = La proporción de grados graves o proliferativos
drift-proliferative-share = La proporción de grados proliferativos
drift-gradable-share = La proporción de fotografías evaluables
drift-median-quality = La mediana de la calidad
drift-median-unfamiliarity = La mediana de la falta de semejanza
drift-median-entropy = La mediana de la entropía
drift-rose = { $subject } subió de { $before } a { $now }{ $unit }.
drift-rose-perhaps = { $subject } subió de { $before } a { $now }{ $unit }, lo que puede deberse al azar o ser demasiado poco para importar.
drift-fell = { $subject } bajó de { $before } a { $now }{ $unit }.
drift-fell-perhaps = { $subject } bajó de { $before } a { $now }{ $unit }, lo que puede deberse al azar o ser demasiado poco para importar.
drift-stayed = { $subject } se mantuvo en { $now }{ $unit }.
drift-stayed-but = { $subject } se mantuvo en { $now }{ $unit }, pero cambió lo que la rodea.
drift-chi-squared = prueba de la ji al cuadrado
drift-fisher-exact = prueba exacta de Fisher
drift-kolmogorov-smirnov = prueba de Kolmogorov-Smirnov

agreement-none = No se revisó ninguna fotografía.
agreement-share = Los lectores estuvieron de acuerdo con { $agreed } de { $reviewed } grados ({ $share })
agreement-chance = la diferencia puede deberse al azar o ser demasiado poca para importar
agreement-lower = la concordancia es menor de lo que explica el azar
agreement-higher = la concordancia es mayor de lo que explica el azar
agreement-beside-validation = { $agreement }; el { $accuracy } de las fotografías de validación se clasificó bien, y { $verdict }.
