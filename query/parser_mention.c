/* Where a query names its project and first reads each source, so that who may not read it is told the place.
 */
#include "query/parser.h"

const SourceText *parser_keep_text(const SourceText *text, Arena *arena)
{
    SourceText *kept = arena_alloc(arena, sizeof *kept);

    *kept = (SourceText){.file_name = text_to_string(arena, text_from(text->file_name)), .text = text->text};
    return kept;
}

Mention parser_mention_at(const Parser *parser, Place place)
{
    return (Mention){.text = parser->text, .place = place};
}

void parser_mention(const Parser *parser, const CatalogueSource *source, Place place)
{
    Mention *first = &parser->tree->source_at[source - parser->input->catalogue->sources];

    if (first->text == NULL)
        *first = parser_mention_at(parser, place);
}

void parser_mention_deaths(const Parser *parser, Place place)
{
    const Catalogue *catalogue = parser->input->catalogue;

    for (size_t i = 0; i < catalogue->source_count; i++)
        if (catalogue->sources[i].is_death)
            parser_mention(parser, &catalogue->sources[i], place);
}

void parser_mention_attribute(const Parser *parser, const Attribute *attribute, Place place)
{
    const Catalogue *catalogue = parser->input->catalogue;

    for (size_t i = 0; i < catalogue->source_count; i++)
        if (attribute_is_made_of(attribute, &catalogue->sources[i]))
            parser_mention(parser, &catalogue->sources[i], place);
}
