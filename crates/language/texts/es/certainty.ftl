# Cuán seguro está el sistema, qué valor tiene eso y qué debe buscar un lector humano.

certainty-sure = Seguro: casi toda la probabilidad recae en un grado.
certainty-fairly-sure = Bastante seguro: hay unos dos grados en cuestión.
certainty-not-sure = Poco seguro: hay unos tres grados en cuestión.
certainty-not-sure-at-all = Nada seguro: la mayoría de los grados está en cuestión.
certainty-one-pass = Solo se hizo una pasada, por lo que no se conoce la dispersión.
certainty-disagreement = De ella, { $mutual } nats ({ $share }) son discrepancia entre las { $passes } pasadas (información mutua); el resto, { $expected } nats, es vacilación dentro de cada una (entropía esperada).
certainty-experience = De las { $similar } fotografías de validación con la entropía más parecida, <strong>{ $accuracy }</strong> se clasificaron bien (intervalo del 95 %: { $lower } a { $upper }).
certainty-surer = El sistema estaba más seguro que aquí en el { $share } de todas.
certainty-title = ¿Cuán seguro está el sistema?
certainty-entropy = Entropía de <strong>{ $entropy } nats</strong> de un máximo de { $largest }: tan inseguro como una elección al azar entre <strong>{ $grades }</strong> de los cinco grados.
certainty-chart-alternative = Con qué frecuencia fue correcto el grado en las fotografías de validación según su entropía; esta fotografía está marcada en { $entropy } nats.
certainty-chart-caption = Medido en las fotografías de validación, desde aquellas de las que el sistema estaba seguro hasta aquellas de las que no; esta fotografía está marcada.
certainty-scale-sure = seguro
certainty-scale-unsure = no puede decidir

# El gráfico.
certainty-chart-title = Con qué frecuencia acierta el grado con esta incertidumbre
certainty-chart-marked = Esta fotografía: { $entropy } nats. De las { $similar } fotografías de validación más próximas, { $correct } se clasificaron bien.
certainty-chart-unmarked = { $photographs } fotografías de validación
certainty-chart-entropy = entropía (nats), de seguro a inseguro
certainty-chart-right = bien clasificadas (%)
certainty-chart-share = proporción de aciertos, intervalo 95 %
certainty-chart-right-top = aciertos (arriba)
certainty-chart-wrong-bottom = errores (abajo)

likeness-like = Semejante a las fotografías con las que aprendió el sistema.
likeness-unlike = Distinta de las fotografías con las que aprendió el sistema, por lo que la respuesta puede no ser válida.
likeness-unjudged = Su semejanza con las fotografías con las que aprendió el sistema se midió, pero no se valoró.
likeness-unknown = No se sabe si se parece a las fotografías con las que aprendió el sistema.
likeness-distance-limit = Lo que la red ve en ella queda <strong>{ $distance }</strong> veces tan lejos del centro de esas fotografías como ellas en promedio; el límite de este modelo son <strong>{ $limit }</strong> veces.
likeness-distance = Lo que la red ve en ella queda <strong>{ $distance }</strong> veces tan lejos del centro de esas fotografías como ellas en promedio; no se conoce ningún límite con el que compararlo.
likeness-not-noted = El modelo que la clasificó no anotó cómo son las fotografías con las que aprendió.

signs-title = Un lector humano debe buscar:
signs-unusual = Lo que aquí es inusual: otra cámara u otro campo, restos de tratamiento como cicatrices de láser, u otra enfermedad.
signs-beyond-none = Microaneurismas: uno solo basta para que sea leve.
signs-beyond-mild = Más que microaneurismas: hemorragias, exudados duros o exudados algodonosos la hacen moderada.
signs-beyond-moderate = Más de 20 hemorragias en cada uno de los cuatro cuadrantes, arrosariamiento venoso en dos o anomalías microvasculares intrarretinianas (AMIR) marcadas en uno: cualquiera de ellos la hace grave.
signs-beyond-severe = Neovasos, hemorragia vítrea o prerretiniana: cualquiera de ellos la hace proliferativa.

prediction-meaning-any = las probabilidades están demasiado repartidas para descartar algún grado.
prediction-meaning-split = el grado verdadero de { $coverage } fotografías está en un conjunto como este.
prediction-meaning-risk = la promesa se refiere a la enfermedad que se pasa por alto, no a las falsas alarmas.
prediction-meaning-unknown = así lo dijo el modelo que clasificó la fotografía, que no es el cargado ahora.
share-in-ten =
    { $tenths ->
        [1] una de cada diez
        [2] dos de cada diez
        [3] tres de cada diez
        [4] cuatro de cada diez
        [5] cinco de cada diez
        [6] seis de cada diez
        [7] siete de cada diez
        [8] ocho de cada diez
       *[9] nueve de cada diez
    }
share-in-hundred = { $number } de cada cien

bars-title = Probabilidad de cada grado
bars-spread = ± desviación estándar de { $passes } pasadas
bars-grade = Grado
bars-in-set = En el conjunto de predicción
bars-bar = Barra
bars-probability = Probabilidad
bars-deviation = Desviación estándar en puntos porcentuales
bars-yes = sí
bars-no = no
bars-referable = Probabilidad de retinopatía derivable
bars-referable-meaning = Moderada o más grave, los grados 2 a 4 en conjunto.
bars-oedema = Edema macular: no se evalúa.
