# Los lugares que conviene mirar.

places-title = Lugares que conviene mirar
places-title-none = Lugares que hablaron en contra de «Sin RD»
places-nothing = No destaca ningún lugar: ninguna parte de la imagen habla por sí sola a favor de { $grade }.
places-nothing-none = No destaca ningún lugar: nada en la imagen habló en contra de «Sin RD».
places-introduction = Dónde está la evidencia a favor de { $grade }, según { $method }. Un lugar puede contener o no una lesión.
places-introduction-none = Dónde está la poca evidencia en contra, según { $method }. Un lugar puede contener o no una lesión.
place-disc-diameters = { $diameters } diámetros papilares
place-share-of-field = { $percent } % del campo
place-speaks-for = habla a favor de { $grade }
place-matters-little = importa poco
places-change = Sin { $places }, el grado sería { $grade }.
places-no-change =
    { $count ->
        [one] Sin este lugar, el grado seguiría siendo { $grade } o peor.
       *[other] Sin todos estos lugares, el grado seguiría siendo { $grade } o peor.
    }
places-named-none = nada
places-named-one = el lugar { $number }
places-named = los lugares { $others } y { $last }
places-pending = Calculando…
places-evidence = { $share } de la evidencia
places-across = { $size } de diámetro
places-by-itself = ; por sí solo { $weight }
places-without-pending = calculando
places-without-alternative = El campo de visión con { $places } rellenado a partir de lo que lo rodea
places-without = sin { $places }: { $grade }
