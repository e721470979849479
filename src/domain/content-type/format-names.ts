/**
 * The names that one signature goes by: one format's several, or those of a container whose content its signature
 * doesn't tell. A line is a group, and each of its names stands where another of the line is detected.
 */

/** Formats, and containers of media. */
export const formatNames = groups(`
video/webm audio/webm video/matroska audio/matroska video/x-matroska audio/x-matroska video/matroska-3d video/x-matroska-3d
video/mp4 audio/mp4 application/mp4 video/x-m4v audio/x-m4a audio/m4a audio/x-m4b audio/x-m4p audio/mp4a-latm video/quicktime video/3gpp audio/3gpp video/3gpp2 audio/3gpp2 video/x-f4v video/iso.segment
audio/ogg video/ogg application/ogg audio/x-ogg video/x-ogg application/x-ogg audio/opus audio/vorbis audio/speex audio/x-speex audio/x-opus+ogg audio/x-vorbis+ogg audio/x-speex+ogg audio/x-flac+ogg video/x-theora+ogg video/x-ogm+ogg
application/vnd.ms-asf audio/x-ms-asf video/x-ms-asf audio/x-ms-wma video/x-ms-wmv video/x-ms-wm
audio/wav audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav
video/vnd.avi video/x-msvideo video/avi video/msvideo
audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg audio/x-mpeg-3 audio/mpg audio/x-mpg audio/mpa
audio/aac audio/x-aac audio/aacp audio/x-hx-aac-adts
audio/flac audio/x-flac
audio/aiff audio/x-aiff
audio/midi audio/mid audio/x-midi audio/sp-midi
audio/amr audio/amr-wb audio/x-amr
audio/ape audio/x-ape
audio/wavpack audio/x-wavpack
video/mpeg video/mp1s video/mp2p video/mp2t video/x-mpeg video/x-mpeg2 video/mpg video/m2ts video/vnd.dlna.mpeg-tts
video/x-flv video/flv
application/vnd.rn-realmedia audio/x-pn-realaudio audio/x-realaudio video/vnd.rn-realvideo
image/tiff image/x-adobe-dng image/dng image/x-canon-cr2 image/x-canon-cr3 image/x-nikon-nef image/x-nikon-nrw image/x-sony-arw image/x-sony-sr2 image/x-sony-srf image/x-pentax-pef image/x-olympus-orf image/x-panasonic-rw2 image/x-leica-rwl image/x-epson-erf image/x-kodak-dcr image/x-kodak-kdc image/x-kodak-k25 image/x-samsung-srw image/x-hasselblad-3fr image/x-phaseone-iiq image/x-dcraw image/x-raw
image/x-fujifilm-raf image/x-dcraw image/x-raw
image/heif image/heif-sequence image/heic image/heic-sequence
image/x-icon image/vnd.microsoft.icon
image/jp2 image/jpx image/jpm image/mj2 video/mj2
image/vnd.ms-photo image/jxr
image/vnd.adobe.photoshop image/psd image/x-psd application/x-photoshop application/photoshop
image/vnd.dwg image/x-dwg application/acad application/x-acad application/dwg
application/postscript application/eps application/x-eps image/eps image/x-eps application/illustrator
application/rtf text/rtf text/richtext application/x-rtf
application/x-plist application/x-apple-plist application/x-apple-aspen-config
application/vnd.visio application/vnd.ms-visio.drawing application/vnd.ms-visio.drawing.main+xml
model/3mf application/vnd.ms-package.3dmanufacturing-3dmodel+xml
model/stl model/x.stl-ascii model/x.stl-binary application/sla application/vnd.ms-pki.stl
text/vcard text/x-vcard text/directory
text/calendar text/x-vcalendar
font/ttf font/otf font/sfnt font/collection application/font-sfnt application/x-font-ttf application/x-font-otf application/x-font-truetype application/x-font-opentype
font/woff application/font-woff application/x-font-woff
font/woff2 application/font-woff2 application/x-font-woff2
application/x-msdownload application/vnd.microsoft.portable-executable application/x-dosexec application/x-msdos-program application/x-ms-dos-executable
application/x-elf application/x-executable application/x-sharedlib application/x-pie-executable application/x-object application/vnd.appimage
application/x-deb application/vnd.debian.binary-package application/x-debian-package
application/x-rpm application/x-redhat-package-manager
application/x-shockwave-flash application/vnd.adobe.flash.movie
`);

/** What anything may be packed into. */
export const archiveNames = groups(`
application/gzip application/x-gzip application/x-gunzip application/x-tgz application/x-compressed-tar
application/x-bzip2 application/bzip2 application/x-bzip
application/x-xz
application/zstd application/x-zstd
application/x-lzip
application/x-lz4
application/x-tar application/x-ustar application/x-gtar
application/x-7z-compressed application/x-7z
application/x-rar-compressed application/vnd.rar application/x-rar application/rar
application/vnd.ms-cab-compressed application/x-cab
application/x-unix-archive application/x-archive
application/x-sqlite3 application/vnd.sqlite3 application/geopackage+sqlite3
application/zip application/x-zip-compressed application/x-zip
`);

function groups(lines: string): readonly (readonly string[])[] {
  return lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}
